import { IngestError } from '../model/errors.ts'
import { type Connector, PROTOCOL_VERSION } from './kit/index.ts'

/** Adding a connector of this repository is one line here. */
const BUILT_IN: Readonly<Record<string, () => Promise<{ readonly default: unknown }>>> = {
  bigquery: () => import('./bigquery/index.ts'),
  mysql: () => import('./mysql/index.ts'),
  github: () => import('./github/index.ts'),
  postgres: () => import('./postgres/index.ts'),
  snowflake: () => import('./snowflake/index.ts'),
  sqlite: () => import('./sqlite/index.ts'),
  tableau: () => import('./tableau/index.ts'),
}

export interface Registry {
  readonly types: readonly string[]
  /** @throws IngestError `invalid_config` for a type nobody has, with the nearest name. */
  get(type: string): Connector
  list(): readonly Connector[]
}

/**
 * Loads the built-in connectors and those of the installed npm packages named; a package's default export is a
 * connector. Importing one loads no driver.
 */
export async function loadRegistry(packages: readonly string[] = []): Promise<Registry> {
  const connectors = new Map<string, Connector>()
  for (const load of Object.values(BUILT_IN)) addConnector(connectors, (await load()).default, 'built in')
  for (const name of packages) addConnector(connectors, await importPackage(name), `package ${name}`)
  return createRegistry([...connectors.values()])
}

export function createRegistry(connectors: readonly Connector[]): Registry {
  const byType = new Map(connectors.map((connector) => [connector.manifest.type, connector]))
  const types = [...byType.keys()].sort()
  return {
    types,
    list: () => types.map((type) => byType.get(type) as Connector),
    get(type) {
      const connector = byType.get(type)
      if (connector !== undefined) return connector
      const near = nearest(type, types)
      throw new IngestError('invalid_config', `unknown connector ${JSON.stringify(type)}`, {
        hint: `${near === undefined ? '' : `Did you mean ${near}? `}Known: ${types.join(', ')}.`,
      })
    },
  }
}

function addConnector(connectors: Map<string, Connector>, value: unknown, origin: string): void {
  const connector = value as Connector | undefined
  const manifest = connector?.manifest
  if (manifest === undefined || typeof connector?.open !== 'function') {
    throw new IngestError('invalid_config', `${origin}: its default export is not a connector`)
  }
  if (manifest.protocol !== PROTOCOL_VERSION) {
    throw new IngestError(
      'unsupported',
      `${origin}: written for protocol ${manifest.protocol}, this is ${PROTOCOL_VERSION}`,
    )
  }
  if (connectors.has(manifest.type)) {
    throw new IngestError('invalid_config', `${origin}: a connector of type ${manifest.type} exists already`)
  }
  connectors.set(manifest.type, connector as Connector)
}

async function importPackage(name: string): Promise<unknown> {
  try {
    return ((await import(name)) as { readonly default: unknown }).default
  } catch (error) {
    throw new IngestError('invalid_config', `the connector package ${name} could not be loaded: ${String(error)}`, {
      hint: `Install it beside Tidemark (npm install ${name}), or take it out of temporal.yaml.`,
      cause: error,
    })
  }
}

/** The known word that the fewest edits lead to, if few enough to be meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((left, right) => left.distance - right.distance)
  const best = ranked[0]
  return best !== undefined && best.distance <= Math.max(2, Math.floor(word.length / 3)) ? best.candidate : undefined
}

function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= right.length; column += 1) {
      const cost = left[row - 1] === right[column - 1] ? 0 : 1
      current.push(
        Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (previous[column - 1] ?? 0) + cost),
      )
    }
    previous = current
  }
  return previous.at(-1) ?? 0
}
