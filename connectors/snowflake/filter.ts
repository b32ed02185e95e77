import { judgeName, keyPath, nameKey, type ObjectVerdict, whyLeftOut } from '../kit/index.ts'
import type { SnowflakeConfig } from './config.ts'
import { groupEntries, mergeEntries } from './entries.ts'
import { isFact } from './facts.ts'
import { keyOf } from './inventory.ts'
import { groupOf } from './objects.ts'
import type { Reader } from './reader.ts'
import { relationKind } from './relations.ts'

const PAGE = 1000

/** A key too long to be kept whole ends in a hash, which never reaches the schema. */
export function isFiltered({ schemas, tables }: SnowflakeConfig, key: string): boolean {
  const [, schema, name, group] = keyPath(key.replace(/\\#[0-9a-f]{64}$/, '')) ?? []
  if (schema === undefined) return false
  if (whyLeftOut(schemas, schema) !== undefined) return true
  return name !== undefined && group === undefined && whyLeftOut(tables, name) !== undefined
}

/** Every schema and what is in it, with what the filters say of each; the reader is one without filters. */
export async function* explainFilters(
  reader: Reader,
  config: SnowflakeConfig,
): AsyncGenerator<readonly ObjectVerdict[], void, void> {
  let page: ObjectVerdict[] = []
  for await (const { schema, name, entries } of groupEntries(mergeEntries([reader.listing()]))) {
    for (const entry of entries) {
      if (isFact(entry) || schema === '' || (entry.kind !== 'table' && groupOf(entry.kind) === undefined)) continue
      const bySchema = judgeName(config.schemas, schema)
      const byName = entry.kind === 'table' && bySchema.kept ? judgeName(config.tables, name) : { kept: true }
      const rules = [
        ...(bySchema.rule === undefined ? [] : [`schemas: ${bySchema.rule}`]),
        ...('rule' in byName && byName.rule !== undefined ? [`tables: ${byName.rule}`] : []),
      ]
      const kept = bySchema.kept && byName.kept
      const rule = kept ? rules.join('; ') : (rules.at(-1) ?? '')
      page.push({
        key: entry.kind === 'schema' ? nameKey([reader.database, schema]) : keyOf(reader.database, entry),
        kind: entry.kind === 'table' ? relationKind(entry) : entry.kind,
        kept,
        ...(rule === '' ? {} : { rule }),
      })
    }
    if (page.length < PAGE) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}
