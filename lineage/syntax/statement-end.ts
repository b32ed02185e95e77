import type { Statement } from './ast.ts'
import { type Cursor, peek, previousEnd, skipParens, startsLine } from './cursor.ts'

/** First words that begin a statement where the dialect needs no semicolon. */
const STARTS = new Set(
  'SELECT INSERT UPDATE DELETE MERGE CREATE ALTER DROP WITH EXEC EXECUTE DECLARE IF WHILE BEGIN END PRINT RETURN TRUNCATE GO SET USE ELSE RAISERROR THROW COMMIT ROLLBACK SAVE OPEN FETCH CLOSE DEALLOCATE GOTO WAITFOR'.split(
    ' ',
  ),
)

const TRAILERS = new Set([
  'WITH',
  'ON',
  'COMMENT',
  'NO',
  'AS',
  'ENGINE',
  'CLUSTER',
  'PARTITION',
  'ORDER',
  'TO',
  'LANGUAGE',
  'AUTO',
  'STORED',
  'IN',
  // Teradata's CREATE TABLE … AS (…) WITH DATA UNIQUE PRIMARY INDEX (a).
  'PRIMARY',
  'UNIQUE',
])

/** What a statement ends with: options that move no data, or a clause nobody knows, which is told. */
export function finish(c: Cursor, statement: Statement): void {
  const token = peek(c)
  if (
    token.type === 'end' ||
    token.key === ';' ||
    statement.kind === 'routine' ||
    statement.kind === 'copy' ||
    statement.kind === 'dynamic'
  ) {
    if (
      statement.kind === 'copy' ||
      statement.kind === 'dynamic' ||
      (statement.kind === 'routine' && statement.text !== undefined)
    )
      skipStatement(c)
    return
  }
  if (
    c.traits.bareStatements &&
    STARTS.has(token.key) &&
    !(token.key === 'WITH' && /^(?:CHECK|SCHEMABINDING)$/.test(peek(c, 1).key))
  )
    return
  if (c.inRoutine && /^(?:END|ELSE|WHEN|EXCEPTION|LOOP|\/)$/.test(token.key)) return
  const known =
    TRAILERS.has(token.key) || statement.kind === 'rename' || statement.kind === 'drop' || statement.kind === 'clone'
  const { start } = token
  skipStatement(c)
  if (!known) c.skipped.push({ start, end: previousEnd(c) })
}

/** To the semicolon, or to the next statement where none is needed. */
export function skipStatement(c: Cursor): void {
  for (;;) {
    const token = peek(c)
    if (token.type === 'end' || token.key === ';') return
    if (c.traits.bareStatements && token.type === 'word' && STARTS.has(token.key) && startsLine(c)) return
    if (token.key === '(') {
      try {
        skipParens(c)
      } catch {
        c.at = c.tokens.length - 1
      }
    } else c.at += 1
  }
}
