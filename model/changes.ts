import type { ChangeOperation, ChangeSeverity } from './sync.ts'

export interface ChangeFacts {
  readonly operation: ChangeOperation
  /** Set when a field changed rather than the asset. */
  readonly fieldName: string | null
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
}

/** Parts of a record that no reader of the data depends on. */
const HARMLESS: ReadonlySet<string> = new Set(['comment', 'owner', 'url', 'indexes', 'upstreams'])

/**
 * What a change means to whoever reads the asset. Breaking: what they name or rely on is gone or means something else.
 * Risky: it may. Safe: it adds or only describes.
 */
export function classifyChange(change: ChangeFacts): ChangeSeverity {
  if (change.operation === 'added') return isRequiredField(change) ? 'risky' : 'safe'
  if (change.operation === 'removed' || change.operation === 'renamed') return 'breaking'
  if (change.operation === 'recreated') return change.fieldName === null ? 'risky' : 'breaking'
  return change.fieldName === null ? classifyAsset(change) : classifyField(change)
}

/** A new column that is neither nullable nor filled by itself breaks writers, not readers. */
function isRequiredField({ fieldName, after }: ChangeFacts): boolean {
  return fieldName !== null && after?.nullable === false && after.default === undefined && after.generated === undefined
}

function classifyField({ before, after }: ChangeFacts): ChangeSeverity {
  const parts = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])
  if (parts.has('nativeType')) return 'breaking'
  if (parts.has('nullable')) return after?.nullable === true ? 'risky' : 'safe'
  return [...parts].every((part) => HARMLESS.has(part)) ? 'safe' : 'risky'
}

function classifyAsset({ before, after }: ChangeFacts): ChangeSeverity {
  const parts = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])
  if (parts.has('kind')) return 'breaking'
  return [...parts].every((part) => HARMLESS.has(part)) ? 'safe' : 'risky'
}
