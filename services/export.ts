import { Document, isMap, type YAMLMap } from 'yaml'
import { listSources, type SourceRow } from '../db/sources.ts'
import { openSecrets } from '../db/vault.ts'
import type { ServiceContext } from './context.ts'
import type { Schedule } from './schedule-text.ts'

/** The name under which an exported file looks for its JSON Schema, beside it. */
export const SCHEMA_FILE = 'tidemark.schema.json'

/**
 * The sources as a tidemark.yaml. References are written as they are; secrets that the store holds are left out, each
 * with a comment that says so. Applying it changes nothing.
 */
export async function exportSources(context: ServiceContext): Promise<string> {
  const rows = await listSources(context.store, context.organization)
  const document = new Document({ sources: Object.fromEntries(rows.map((row) => [row.name, entryOf(row)])) })
  for (const row of rows) {
    const names = Object.keys(openSecrets(context.keyRing, row, row.name))
    const node = document.getIn(['sources', row.name], true)
    if (names.length > 0 && isMap(node)) noteSecrets(node, names)
  }
  document.commentBefore = ` yaml-language-server: $schema=${SCHEMA_FILE}`
  return document.toString({ lineWidth: 120, flowCollectionPadding: true })
}

function noteSecrets(node: YAMLMap, names: readonly string[]): void {
  const pair = node.items.find(({ key }) => String(key) === 'config')
  const lines = names.map((name) => ` ${name}: kept in the store, encrypted; not exported`)
  if (pair !== undefined && isMap(pair.value)) pair.value.comment = lines.join('\n')
}

function entryOf(row: SourceRow): Readonly<Record<string, unknown>> {
  const { connector, config, labels, owners, taskQueue, preview, budget, status } = row
  const schedule = row.schedule as Schedule | null
  return {
    connector,
    config,
    schedule: schedule?.text ?? 'none',
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(owners.length === 0 ? {} : { owners }),
    ...(taskQueue === null ? {} : { taskQueue }),
    ...(preview ? { preview } : {}),
    ...(budget === null ? {} : { budget }),
    ...(status === 'paused' ? { paused: true } : {}),
  }
}
