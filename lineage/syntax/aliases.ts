import type { Name } from './ast.ts'
import { type Cursor, isName, peek, readName, readNameList, startsLine, take, toName } from './cursor.ts'
import { CLAUSE_WORDS, SOFT_CLAUSE_WORDS } from './words.ts'

const AFTER_ALIAS = new Set([',', ')', ';', 'FROM', 'WHERE', 'ON'])

/** T-SQL's statements that begin with a word which may be a name: no alias where they begin a line. */
const BARE_STARTS = new Set('OPEN CLOSE DEALLOCATE COMMIT ROLLBACK SAVE GOTO WAITFOR RAISERROR THROW'.split(' '))

/** Whether the next token may be an alias that no AS announces. */
function isAliasNext(c: Cursor): boolean {
  const token = peek(c)
  if (token.type === 'quoted') return true
  if (token.type !== 'word') return false
  if (c.traits.bareStatements && BARE_STARTS.has(token.key) && startsLine(c)) return false
  if (!CLAUSE_WORDS.has(token.key)) return true
  const next = peek(c, 1)
  return SOFT_CLAUSE_WORDS.has(token.key) && (next.type === 'end' || AFTER_ALIAS.has(next.key))
}

/** `AS alias`, `alias`, or nothing. */
export function readAlias(c: Cursor): Name | undefined {
  if (take(c, 'AS')) {
    const token = peek(c)
    if (token.key === '(') return undefined
    if (token.type === 'variable') {
      c.at += 1
      return { ...toName(token), text: token.text.replace(/^[:@$]/, '') }
    }
    return readName(c, 'an alias')
  }
  return isAliasNext(c) ? readName(c, 'an alias') : undefined
}

/** The alias of a source with the names of its columns: `AS t (a, b int)`. */
export function readSourceAlias(c: Cursor): { readonly alias?: Name; readonly columns: readonly Name[] } {
  const announced = peek(c).key === 'AS'
  const alias = readAlias(c)
  const hasList =
    peek(c).key === '(' && (announced || alias !== undefined) && isName(peek(c, 1)) && !HINTS.has(peek(c, 1).key)
  const columns = hasList ? readNameList(c) : []
  return { ...(alias === undefined ? {} : { alias }), columns }
}

/** T-SQL's table hints, which stand in parentheses behind a table, with WITH or without. */
export const HINTS: ReadonlySet<string> = new Set(
  'NOLOCK READPAST READUNCOMMITTED READCOMMITTED ROWLOCK TABLOCK TABLOCKX UPDLOCK XLOCK HOLDLOCK PAGLOCK NOWAIT NOEXPAND SERIALIZABLE REPEATABLEREAD SNAPSHOT INDEX FORCESEEK FORCESCAN KEEPIDENTITY'.split(
    ' ',
  ),
)
