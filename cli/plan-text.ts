import type { AppliedSource } from '../services/apply.ts'
import type { SettingChange, SourcePlan } from '../services/apply-plan.ts'
import type { Io } from './io.ts'
import { clean, count } from './text.ts'

const MARKS = { add: '+', change: '~', prune: '-', keep: ' ' } as const
const STYLES = { add: 'green', change: 'yellow', prune: 'red', keep: 'dim' } as const

/** What applying a file would do, a source at a time; what stays is only counted. */
export function printPlans(io: Io, plans: readonly SourcePlan[], prune: boolean): void {
  for (const { action, name, connector, changes } of plans) {
    if (action === 'keep' || (action === 'prune' && !prune)) continue
    io.print(`${io.style(STYLES[action], `${MARKS[action]} ${name}`)}  ${connector}`)
    for (const change of changes) io.print(`    ${changeText(change)}`)
  }
  const only = (wanted: SourcePlan['action']) => plans.filter(({ action }) => action === wanted)
  const parts = [
    `${only('add').length} to add`,
    `${only('change').length} to change`,
    `${only('keep').length} unchanged`,
    ...(prune ? [`${only('prune').length} to prune`] : []),
  ]
  io.print(parts.join(', '))
  const left = only('prune').map(({ name }) => name)
  if (!prune && left.length > 0) {
    io.print(
      `not in the file: ${left.join(', ')} (${left.length === 1 ? 'it stays' : 'they stay'}; --prune removes what is not in the file)`,
    )
  }
}

function changeText({ key, secret, before, after }: SettingChange): string {
  const shown = (value: unknown) => clean(typeof value === 'string' ? value : JSON.stringify(value))
  const [was, willBe] = [before, after].map((value) => (value === undefined ? undefined : shown(value)))
  if (secret && was === undefined && willBe === undefined) return `${key}: (secret) changed`
  if (was === undefined) return `${key}: ${willBe}`
  return `${key}: ${was} → ${willBe ?? (secret ? '(secret)' : '(left out)')}`
}

const DONE = {
  saved: 'saved',
  untested: 'saved, not tested: only workers of its task queue reach it; their next probe tells (tidemark status)',
  removed: 'removed',
  kept: '',
}

export function printApplied(io: Io, { plan, status, error }: AppliedSource): void {
  if (status !== 'failed') {
    io.print(`${io.style('green', '✔')} ${plan.name}: ${DONE[status]}`)
    return
  }
  io.print(`${io.style('red', '✖')} ${plan.name}: ${error?.message ?? 'failed'}`)
  if (error?.hint !== undefined) io.print(`    ${io.style('cyan', 'hint:')} ${error.hint}`)
}

/** The plans, and what came of them, for programs. */
export function planDocument(plans: readonly SourcePlan[], applied: readonly AppliedSource[] | undefined) {
  return plans.map(({ name, action, connector, changes }, place) => {
    const { status, checks = [], error } = applied?.[place] ?? {}
    return { source: name, action, connector, changes, status: status ?? null, checks, error: error ?? null }
  })
}

export function summary(applied: readonly AppliedSource[]): string {
  const failed = applied.filter(({ status }) => status === 'failed').length
  const done = applied.filter(({ status }) => status !== 'kept' && status !== 'failed').length
  return `${count(done, 'source')} applied${failed === 0 ? '' : `, ${failed} failed`}.`
}
