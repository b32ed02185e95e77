import { unrollLoops } from './template-loops.ts'
import type { Gap, Manifest } from './types.ts'

/** A text with its templates filled in. */
export interface Rendered {
  readonly text: string
  /** Where an offset of the rendered text stands in the original. */
  readonly origin: (offset: number) => number
  readonly gaps: readonly Omit<Gap, 'position'>[]
  /** Where the gaps stand in the original. */
  readonly gapOffsets: readonly number[]
}

const TAG = /\{\{-?([\s\S]*?)-?\}\}|\{%-?([\s\S]*?)-?%\}|\{#[\s\S]*?#\}/g
const STRING = String.raw`\s*(?:'([^']*)'|"([^"]*)")\s*`
const CALL = new RegExp(String.raw`^\s*(ref|source)\s*\(${STRING}(?:,${STRING})?(?:,[^)]*)?\)\s*$`)

/**
 * Renders dbt's and Jinja's templates as far as plain rules reach: `ref` and `source` by the manifest or by their own names, `this`,
 * `config`, loops over lists spelled out; of `if`, both branches are not SQL together, so only the first stays. What is beyond is a gap.
 */
export function renderTemplate(template: string, manifest: Manifest | undefined): Rendered {
  if (!/\{\{|\{%|\{#/.test(template)) return { text: template, origin: (offset) => offset, gaps: [], gapOffsets: [] }
  const { text, origin } = unrollLoops(template)
  const pieces: string[] = []
  const segments: { readonly at: number; readonly from: number }[] = []
  const gaps: Omit<Gap, 'position'>[] = []
  const gapOffsets: number[] = []
  const state: State = { branches: [], macro: 0 }
  let length = 0
  let last = 0
  const push = (piece: string, from: number): void => {
    segments.push({ at: length, from })
    pieces.push(piece)
    length += piece.length
  }
  for (const match of text.matchAll(TAG)) {
    if (isVisible(state)) push(text.slice(last, match.index), last)
    last = match.index + match[0].length
    const [, expression, block] = match
    if (block !== undefined) {
      const problem = enterBlock(state, block.trim())
      if (problem !== undefined) tell(problem, match.index)
    } else if (expression !== undefined && isVisible(state)) {
      const rendered = renderExpression(expression.trim(), manifest)
      push(rendered.text, match.index)
      if (rendered.problem !== undefined) tell(rendered.problem, match.index)
    }
  }
  if (isVisible(state)) push(text.slice(last), last)
  return { text: pieces.join(''), origin: (offset) => origin(toOrigin(segments, offset)), gaps, gapOffsets }

  function tell(message: string, offset: number): void {
    gaps.push({ reason: 'template', message, columns: [] })
    gapOffsets.push(origin(offset))
  }
}

function toOrigin(segments: readonly { readonly at: number; readonly from: number }[], offset: number): number {
  const segment = segments.findLast(({ at }) => at <= offset)
  return segment === undefined ? offset : segment.from + (offset - segment.at)
}

interface State {
  /** For each open block: whether its present branch is shown. */
  readonly branches: boolean[]
  macro: number
}

function isVisible(state: State): boolean {
  return state.macro === 0 && state.branches.every((shown) => shown)
}

/** Follows a `{% … %}`; says what cannot be followed. */
function enterBlock(state: State, block: string): string | undefined {
  const word = /^\w+/.exec(block)?.[0] ?? ''
  if (/^(?:macro|docs|test|snapshot|materialization|raw|call|filter)$/.test(word))
    state.macro += word === 'snapshot' || word === 'raw' ? 0 : 1
  else if (/^end(?:macro|docs|test|materialization|call|filter)$/.test(word)) state.macro = Math.max(0, state.macro - 1)
  else if (word === 'if') {
    // dbt's first run builds the table whole: what is_incremental() adds only filters.
    state.branches.push(!/^if\s+is_incremental\s*\(/.test(block))
    return /^if\s+(?:is_incremental\s*\(|target\.|var\s*\(|not\s)/.test(block)
      ? undefined
      : 'which branch of a template is taken is not known: the first is read'
  } else if (word === 'elif' || word === 'else') {
    const open = state.branches.pop()
    state.branches.push(open === false)
  } else if (word === 'endif') state.branches.pop()
  else if (word === 'for') {
    state.branches.push(true)
    return 'a loop of a template is read once'
  } else if (word === 'endfor') state.branches.pop()
  else if (word === 'set' && !block.includes('=')) state.macro += 1
  else if (word === 'endset') state.macro = Math.max(0, state.macro - 1)
  return undefined
}

function renderExpression(
  expression: string,
  manifest: Manifest | undefined,
): { readonly text: string; readonly problem?: string } {
  const call = CALL.exec(expression)
  if (call !== null) return renderReference(call, manifest)
  if (/^(?:config|log|print|run_query|do)\s*\(/.test(expression)) return { text: '' }
  if (/^this$/.test(expression)) return { text: 'this' }
  const literal = /^(?:'([^']*)'|"([^"]*)"|(\d+))$/.exec(expression)
  if (literal !== null) return { text: literal[1] ?? literal[2] ?? literal[3] ?? '' }
  const fallback = /^(?:var|env_var)\s*\(\s*(?:'[^']*'|"[^"]*")\s*,\s*(?:'([^']*)'|"([^"]*)"|(\d+))\s*\)$/.exec(
    expression,
  )
  if (fallback !== null) return { text: fallback[1] ?? fallback[2] ?? fallback[3] ?? '' }
  return { text: 'NULL', problem: `the template expression ${expression.slice(0, 80)} is not rendered` }
}

function renderReference(
  call: RegExpExecArray,
  manifest: Manifest | undefined,
): { readonly text: string; readonly problem?: string } {
  const first = call[2] ?? call[3] ?? ''
  const second = call[4] ?? call[5]
  const key = second === undefined ? first : `${first}.${second}`
  const known = call[1] === 'ref' ? (manifest?.refs[key] ?? manifest?.refs[second ?? first]) : manifest?.sources[key]
  if (known !== undefined) return { text: known.join('.') }
  // Without a manifest a model goes by its own name, in the schema the text is read in, and a source by that of its schema.
  if (call[1] === 'ref') return { text: second ?? first }
  return { text: second === undefined ? first : key }
}
