import type { z } from 'zod'
import type { IngestError } from '../../model/errors.ts'
import type { AssetRecord, Json, KindGroup } from '../../model/records.ts'
import type {
  AssetStatistics,
  AssetUsage,
  Capability,
  LoggedQuery,
  NamedAsset,
  ObservedLineage,
  Preview,
  QueryLogVerdict,
} from './capabilities.ts'
import type { ErrorRule } from './classify.ts'
import type { SqlTexts } from './sql-texts.ts'
import type { WebhookReceiver } from './webhook.ts'

/** The protocol a connector is written against; the registry refuses another major version. */
export const PROTOCOL_VERSION = 1

/** A kind of asset that a connector yields. Kinds are text: a new one needs no migration. */
export interface AssetKind {
  readonly kind: string
  readonly group: KindGroup
  /**
   * What each part of the name is, outermost first: `['database', 'schema', 'table']`. The levels `database` and
   * `schema` fill the columns of those names in the public views.
   */
  readonly levels: readonly string[]
}

export interface Grant {
  readonly purpose: string
  /** The exact statement, role or scope to give, with `{user}`-like placeholders. */
  readonly statement: string
}

export type ConnectorCategory = 'database' | 'warehouse' | 'bi' | 'code' | 'files' | 'saas'

/** The static part of a connector. Importing it must not load any driver. */
export interface ConnectorManifest<Config> {
  /** Equals the folder's name; the word users write in commands and files. */
  readonly type: string
  readonly title: string
  readonly category: ConnectorCategory
  /** The connector's own semantic version. */
  readonly version: string
  readonly protocol: typeof PROTOCOL_VERSION
  /** Raised whenever records of an unchanged object come out otherwise than before; everything is described again. */
  readonly recordVersion: number
  /** Strict object; secrets are marked by `secret()` of the kit. */
  readonly config: z.ZodType<Config>
  /** A complete, valid example, as a user would write it. */
  readonly example: Readonly<Record<string, Json>>
  readonly kinds: readonly AssetKind[]
  /** What one scope is, in the singular: `database`, `file`, `repository`. */
  readonly scopeNoun: string
  readonly grants: readonly Grant[]
  /** Items described and held at a time, where each brings so many records that the worker's own number is too many. */
  readonly itemsAtATime?: number
  /** The optional methods that its handles have; none when absent. */
  readonly capabilities?: readonly Capability[]
  /** How its definitions and its query log are read, where they are SQL: lineage is derived from them. */
  readonly sql?: SqlTexts
  /** URL schemes without colon that `tidemark add URL` gives to this connector, e.g. `['postgres', 'postgresql']`. */
  readonly urlSchemes: readonly string[]
  /** Whether a path without any scheme, such as `data/shop.db`, is this connector's. */
  readonly acceptsPath?: (path: string) => boolean
  /** Config input (not yet validated) from a URL or path; throws `invalid_config`. */
  readonly fromUrl: (url: string) => Record<string, Json>
  /** The OpenLineage namespace of what this source holds; fixed when the source is added. */
  readonly namespace: (config: Config) => string
  /** A short name to offer for the source. */
  readonly suggestName: (config: Config) => string
  /** The options that shape records: a change of them describes everything again. */
  readonly shape: (config: Config) => Json
  /** The recipe of filters: a change of it widens or narrows what is crawled. */
  readonly filter: (config: Config) => Json
}

export interface Connector<Config = unknown> {
  readonly manifest: ConnectorManifest<Config>
  /** Rules that classify the driver's errors, tried before the network's own. */
  readonly errorRules: readonly ErrorRule[]
  /** Where the source can tell by itself that something moved. */
  readonly webhook?: WebhookReceiver<Config>
  /** Makes a handle. It loads the driver but opens no connection: the first use does. */
  open(config: Config, context: ConnectorContext): Promise<ConnectorHandle>
}

export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/** What a source is asked for and charges, counted into the run's history; past the source's budget a step ends. */
export interface Meter {
  /** Queries or calls sent to the source. */
  request(count?: number): void
  /** Bytes received, as far as known. */
  bytes(count: number): void
  /** Answers that told us to slow down. */
  throttle(count?: number): void
  /** What the source charged, in its own unit, where it tells: credits, money. */
  cost(amount: number): void
}

/**
 * Texts of at most some MB that a source's connector keeps between runs, shared by all workers; no place for secrets. Contents of
 * git's objects go under `blob/<sha>` or `head/<sha>`: maintenance takes those away whose SHA no asset of the source has as `properties.sha`, and
 * no watermark of its scopes names.
 */
export interface Memory {
  /** Those of the keys that have a value. */
  read(keys: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Takes effect at once, whatever becomes of the step: only what stays true may be kept. */
  write(entries: ReadonlyMap<string, string>): Promise<void>
}

/** What an API still lets an account ask. */
export interface RateBudget {
  readonly allowed: number
  readonly remaining: number
  readonly resetsAt: Date
  /** Set when the API told us to wait, whatever remains. */
  readonly blockedUntil?: Date
}

/** Rate limits, obeyed by all workers through the store. */
export interface RateBudgets {
  /** As last told to any worker. */
  read(bucket: string): Promise<RateBudget | undefined>
  /** `resource` names the bucket in the run's history. */
  report(bucket: string, resource: string, budget: RateBudget): Promise<void>
}

/** What the engine gives to a handle. */
export interface ConnectorContext {
  /** Aborted when the step is cancelled or stalls; every request must honour it within a second. */
  readonly signal: AbortSignal
  readonly log: Logger
  readonly meter: Meter
  readonly secrets: {
    /** Stores a rotated token, encrypted, under the config path it came from, serialised across workers. */
    replace(name: string, value: string): Promise<void>
  }
  /** Absent where nothing is kept, as when a config is only tried. */
  readonly memory?: Memory
  readonly budgets?: RateBudgets
}

/** A named probe, cheapest first. It passes by returning, with a detail to show, and fails by throwing. */
export interface Check {
  readonly name: string
  readonly run: () => Promise<string | undefined>
}

export interface Scope {
  /** Unique in the source, at most 1 kB; the current name. */
  readonly key: string
  readonly name: string
  /** When unmoved since a complete sync, the scope's inventory is not read. */
  readonly fingerprint?: string
}

export type LeftOutReason = 'filtered' | 'permission' | 'unavailable'

export interface ScopeListing {
  readonly scopes: readonly Scope[]
  /** Scopes that exist but are not crawled, each with the reason and what to do about it. */
  readonly leftOut: readonly {
    readonly key: string
    readonly name: string
    readonly reason: LeftOutReason
    readonly message: string
    readonly hint?: string
  }[]
  /** False when there may be scopes that could not be listed: then none counts as gone. */
  readonly complete: boolean
}

export interface InventoryItem {
  /** The item's current name, unique in its scope, at most 1 kB: `nameKey(path)` gives one. */
  readonly key: string
  readonly nativeId?: string
  /** Moves whenever anything in the item's records moves. Compared for equality only; read before the records. */
  readonly fingerprint: string
  /** For systems without a trustworthy stamp: the records themselves; `describe` is then not called for the item. */
  readonly records?: readonly AssetRecord[]
}

export interface InventoryVerdict {
  /** `complete` allows removals; `partial`: some items may be missing; `sampled`: bounded on purpose, not a gap. */
  readonly listing: 'complete' | 'partial' | 'sampled'
  /** Why the listing is partial, and what to do. */
  readonly error?: IngestError
  /**
   * What the account may see: a digest, or a list of names. Absences under a changed digest are proposed, never removed;
   * so are those after a name has left the list. A list does not change by growing.
   */
  readonly visibility?: string | readonly string[]
  /** With `changes`: the log position taken before the listing began. */
  readonly watermark?: string
  /**
   * What the account does not see of what is listed, such as texts of views, each with what would show it: kept with the
   * scope and told with its runs; no gap, since the account was given no more.
   */
  readonly notes?: readonly string[]
}

export interface ItemRef {
  readonly key: string
  readonly nativeId?: string
}

/**
 * One item's outcome. Exactly one entry per item asked for, in any order. An item that has vanished, or whose name is
 * no longer its key, has no entry: the next listing deals with it.
 */
export type Described =
  | {
      readonly key: string
      readonly records: readonly AssetRecord[]
      /** The item's fingerprint as of these very records, from a source that reads both in one snapshot. */
      readonly fingerprint?: string
    }
  | { readonly key: string; readonly error: unknown }

/** What a source's filters say of one object. */
export interface ObjectVerdict {
  readonly key: string
  readonly kind: string
  readonly kept: boolean
  /** The rule that decided, such as `tables: denied by pattern "tmp_*"`; absent where no filter speaks. */
  readonly rule?: string
}

export type ChangeEntry =
  | { readonly operation: 'upsert'; readonly item: InventoryItem }
  | { readonly operation: 'delete'; readonly key: string }

export type ChangesVerdict =
  | { readonly status: 'read'; readonly watermark: string; readonly visibility?: string }
  /** The log no longer reaches back to the watermark: an inventory is required. */
  | { readonly status: 'expired' }

/** An open source. Iterables are generators that yield pages and return their verdict; they stream with back-pressure. */
export interface ConnectorHandle extends AsyncDisposable {
  checks(): readonly Check[]
  scopes(): Promise<ScopeListing>
  inventory(scope: Scope): AsyncGenerator<readonly InventoryItem[], InventoryVerdict, void>
  /**
   * The scope's fingerprint as it is now, for scopes that carry one and items that are described apart from their listing.
   * It is read again after the last description: what was described of a scope that moved meanwhile is described anew
   * next time, since a change made and taken back would leave the fingerprints as they were.
   */
  fingerprint?(scope: Scope): Promise<string | undefined>
  /** Required unless every item carries its records. Set-based: never a query per item. */
  describe?(scope: Scope, items: readonly ItemRef[]): AsyncGenerator<readonly Described[], void, void>
  /** Keys in the same scope to describe again because those moved, appeared or vanished. */
  dependents?(scope: Scope, keys: readonly string[]): Promise<readonly string[]>
  /** Instead of inventory, where the system has a true change log. */
  changes?(scope: Scope, watermark: string): AsyncGenerator<readonly ChangeEntry[], ChangesVerdict, void>
  /** For whoever asks why: every object of the scope that a filter could name, those left out too, with the rule. */
  explain?(scope: Scope): AsyncGenerator<readonly ObjectVerdict[], void, void>
  /** Of these keys, those that the source's own filters leave out now; their absence is no loss. */
  filtered?(scope: Scope, keys: readonly string[]): readonly string[]
  /** Numbers of the scope's assets; those not told keep what was last known of them. */
  statistics?(scope: Scope): AsyncGenerator<readonly AssetStatistics[], void, void>
  /** How much the scope's assets are used; those not told keep what was last known of them. */
  usage?(scope: Scope): AsyncGenerator<readonly AssetUsage[], void, void>
  /**
   * The statements that the source ran in the scope since the watermark, its own connections' left out; all that it
   * still knows when there is none. @throws IngestError `unsupported` where no log is kept, with the hint how to.
   */
  queryLog?(scope: Scope, watermark?: string): AsyncGenerator<readonly LoggedQuery[], QueryLogVerdict, void>
  /**
   * The lineage that the source itself has recorded in the scope since the watermark: for each asset that was written to
   * an entry, or several that add up. Read together with the query log, on its interval; it holds until the source has
   * not recorded it for the retention time. @throws IngestError `unsupported` where nothing is recorded.
   */
  lineage?(scope: Scope, watermark?: string): AsyncGenerator<readonly ObservedLineage[], QueryLogVerdict, void>
  /**
   * The first rows of an asset, at most `limit` (1 to `PREVIEW_MAX_ROWS`), in no particular order: read-only, bounded by
   * `PREVIEW_TIMEOUT_MS` at the source, the limit pushed down to it, long values cut (`previewValueLength`).
   * @throws IngestError `unsupported` for an asset that has no rows, `not_found`, `permission`, `timeout`.
   */
  preview?(asset: NamedAsset, limit: number): Promise<Preview>
}

/** Ties a manifest's config type to its `open`; a connector's `index.ts` exports the result by default. */
export function defineConnector<Config>(connector: Connector<Config>): Connector {
  // The engine holds connectors of every config type; a config reaches one only after its own schema has parsed it.
  return connector as unknown as Connector
}
