import { quiet } from '../connectors/checks.ts'
import { joinSecrets, prepareConfig } from '../connectors/config.ts'
import {
  type Connector,
  type ConnectorHandle,
  classifyError,
  type NamedAsset,
  PREVIEW_MAX_ROWS,
  type Preview,
  redact,
} from '../connectors/kit/index.ts'
import { findOrigin } from '../db/preview.ts'
import { insertAudit, type SourceRow } from '../db/sources.ts'
import { openSecrets } from '../db/vault.ts'
import { IngestError } from '../model/errors.ts'
import { requireAsset } from './catalog.ts'
import type { ServiceContext } from './context.ts'
import { requireSource, writeAs } from './lookup.ts'

export interface AssetPreview extends Preview {
  readonly asset: string
  readonly source: string
}

export interface PreviewWish {
  /** The end of a name will do. */
  readonly asset: string
  /** 1 to `PREVIEW_MAX_ROWS`. */
  readonly rows: number
  readonly signal: AbortSignal
}

/** For the way to the source and the rows together; the source itself gets less. */
const TIMEOUT_MS = 20_000

/**
 * The first rows of an asset, read from its source in this process. They pass through: neither store nor log keeps any of
 * them; that somebody looked is noted. @throws IngestError `permission` unless the source allows previews.
 */
export async function previewAsset(context: ServiceContext, wish: PreviewWish): Promise<AssetPreview> {
  const { assetId, asset } = await requireAsset(context, wish.asset)
  const origin = await findOrigin(context.store.sql, assetId)
  if (origin === undefined || origin.source === null) {
    throw new IngestError('unsupported', `${asset} has not been crawled: there is no source to read its rows from`)
  }
  const source = await requireSource(context, origin.source)
  const connector = context.registry.get(source.connector)
  refuse(source, connector, asset)
  const { organization } = context
  const rows = Math.min(wish.rows, PREVIEW_MAX_ROWS)
  await writeAs(context, (tx, actorId) =>
    insertAudit(tx, {
      organization,
      actorId,
      action: 'asset.preview',
      subject: asset,
      detail: { source: source.name, rows },
    }),
  )
  const config = joinSecrets(source.config, openSecrets(context.keyRing, source, source.name))
  const preview = await read({ connector, config, signal: wish.signal }, origin, rows)
  return { asset, source: source.name, ...preview }
}

function refuse(source: SourceRow, connector: Connector, asset: string): void {
  if (!source.preview) {
    throw new IngestError('permission', `source ${source.name} does not allow looking at rows of ${asset}`, {
      hint: `Write \`preview: true\` for it in tidemark.yaml and run tidemark apply, or add it with: tidemark add … --preview`,
    })
  }
  if (connector.manifest.capabilities?.includes('preview') === true) return
  throw new IngestError('unsupported', `the connector ${connector.manifest.type} has no rows to show`)
}

interface Opening {
  readonly connector: Connector
  readonly config: unknown
  readonly signal: AbortSignal
}

async function read(opening: Opening, asset: NamedAsset, rows: number): Promise<Preview> {
  const { connector } = opening
  const prepared = await prepareConfig(connector, opening.config)
  const signal = AbortSignal.any([opening.signal, AbortSignal.timeout(TIMEOUT_MS)])
  let handle: ConnectorHandle | undefined
  try {
    handle = await connector.open(prepared.config, { signal, ...quiet })
    if (handle.preview === undefined) throw new IngestError('unsupported', 'there are no rows to show')
    return await handle.preview(asset, rows)
  } catch (error) {
    if (signal.aborted && !opening.signal.aborted) {
      throw new IngestError('timeout', `no rows within ${TIMEOUT_MS / 1000} s`, {
        hint: 'Is the source in reach? See tidemark test.',
      })
    }
    const { category, message, hint } = classifyError(error, connector.errorRules, 'preview')
    const shown = hint === undefined ? {} : { hint: redact(hint, prepared.secrets) }
    throw new IngestError(category, redact(message, prepared.secrets), shown)
  } finally {
    await Promise.resolve(handle?.[Symbol.asyncDispose]()).catch(() => {})
  }
}
