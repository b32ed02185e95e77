import type { Traits } from '../dialects.ts'
import type { ParsedStatement } from './ast.ts'
import { createCursor, type Grammar } from './cursor.ts'
import { readExpression } from './expressions.ts'
import { lex } from './lexer.ts'
import { continueQuery, readQuery } from './query.ts'
import { readBody, readScript } from './script.ts'
import { readStatement } from './statements/dispatch.ts'

const GRAMMAR: Grammar = {
  expression: readExpression,
  query: readQuery,
  continueQuery,
  statement: readStatement,
  body: readBody,
}

/** All statements of a text. Never throws for what the text holds: a statement that cannot be read carries its failure. */
export function parseScript(
  text: string,
  traits: Traits,
  options: { readonly inRoutine?: boolean } = {},
): ParsedStatement[] {
  const source = traits.hashComments && /^\s*delimiter\s/im.test(text) ? plainDelimiters(text) : text
  const { tokens, failure } = lex(source, traits)
  const cursor = createCursor(source, tokens, traits, GRAMMAR)
  cursor.inRoutine = options.inRoutine ?? false
  const statements = readScript(cursor)
  if (failure === undefined) return statements
  const last = statements.at(-1)
  const broken: ParsedStatement = {
    statement: undefined,
    failure: { message: failure.message, position: failure.position },
    start: last === undefined || last.end < failure.position ? (last?.end ?? 0) : last.start,
    end: text.length,
    skipped: [],
  }
  // What stands before the open quote in its statement is not the whole statement: it cannot be trusted.
  return last !== undefined && !text.slice(last.end, failure.position).includes(';')
    ? [...statements.slice(0, -1), { ...broken, start: last.start }]
    : [...statements, broken]
}

/** MySQL's client commands `DELIMITER //`: its delimiters become semicolons, every offset stays. */
function plainDelimiters(text: string): string {
  let delimiter = ';'
  return text
    .split('\n')
    .map((line) => {
      const command = /^\s*delimiter\s+(\S+)\s*$/i.exec(line)
      if (command !== null) {
        delimiter = command[1] ?? ';'
        return ' '.repeat(line.length)
      }
      if (delimiter === ';') return line
      return line.split(delimiter).join(`;${' '.repeat(delimiter.length - 1)}`)
    })
    .join('\n')
}
