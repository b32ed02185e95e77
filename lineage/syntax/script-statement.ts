import type { Name, ParsedStatement, Statement } from './ast.ts'
import { advance, type Cursor, isName, isNext, peek, previousEnd, toName } from './cursor.ts'
import { readFromItems } from './from.ts'
import { SqlSyntaxError, type Token } from './lexer.ts'
import { finish, skipStatement } from './statement-end.ts'
import { readStatement } from './statements/dispatch.ts'
import { readHiveInserts } from './statements/insert.ts'
import { readSubqueries, readValue } from './subqueries.ts'

const OTHER: Statement = { kind: 'other' }

/** One statement that stands by itself. */
export function read(c: Cursor, out: ParsedStatement[]): void {
  const { start } = peek(c)
  if (isHiveInsert(c)) {
    readMulti(c, out, start)
    return
  }
  readGuarded(c, out, start, () => {
    if (isNext(c, 'EXPLAIN') || isNext(c, 'DESCRIBE') || isNext(c, 'PROFILE')) return OTHER
    return readStatement(c)
  })
}

function isHiveInsert(c: Cursor): boolean {
  if (!isNext(c, 'FROM') || c.traits.bareStatements) return false
  for (let ahead = 1, depth = 0; ; ahead++) {
    const { key, type } = peek(c, ahead)
    if (type === 'end' || key === ';') return false
    if (key === '(') depth += 1
    else if (key === ')') depth -= 1
    else if (depth === 0 && key === 'INSERT') return true
    else if (depth === 0 && (key === 'SELECT' || key === '|>')) return false
  }
}

function readMulti(c: Cursor, out: ParsedStatement[], start: number): void {
  const statements: Statement[] = []
  readGuarded(c, out, start, () => {
    advance(c)
    const from = readFromItems(c)
    statements.push(...readHiveInserts(c, from))
    return statements[0] ?? OTHER
  })
  const first = out.at(-1)
  if (first?.failure !== undefined || first === undefined) return
  for (const statement of statements.slice(1)) out.push({ ...first, statement })
}

/** First words of statements that move no data between tables. */
const QUIET = new Set(
  `SET USE GRANT REVOKE DENY ANALYZE VACUUM EXPLAIN DESCRIBE DESC SHOW TRUNCATE COMMIT ROLLBACK START BEGIN END SAVEPOINT SAVE RELEASE LOCK
  UNLOCK COMMENT REFRESH CALL OPTIMIZE MSCK REPAIR CACHE UNCACHE ADD LIST LS PUT GET REMOVE RM ATTACH DETACH PRAGMA REINDEX CLUSTER
  CHECKPOINT DISCARD LISTEN NOTIFY UNLISTEN PREPARE DEALLOCATE FETCH CLOSE OPEN MOVE RESET ABORT KILL FLUSH INSTALL LOAD EXPORT IMPORT
  SYSTEM ASSERT RAISE LEAVE ITERATE BREAK CONTINUE SIGNAL UNDROP CLEAR UNSET PRINT RAISERROR THROW WAITFOR GOTO DBCC BACKUP RESTORE BULK
  CHECK PURGE FLASHBACK AUDIT SUSPEND RESUME DECLARE CREATE ALTER DROP UPDATE EXECUTE EXEC PROFILE DO RENAME EXCHANGE COPY UNLOAD
  REASSIGN SECURITY CONNECT SPOOL PROMPT WHENEVER VARIABLE EXIT QUIT DELIMITER LET RETURN NULL APPLY VALIDATE DEFINE REM TERMINATE
  LEAVE MARK COMPUTE COLLECT HELP HANDLER BINLOG CHANGE STOP SHUTDOWN RECONFIGURE ENABLE DISABLE GO WHILE IF SUMMARIZE`.split(
    /\s+/,
  ),
)

function isKnown(token: Token | undefined): boolean {
  return token === undefined || token.type === 'variable' || token.type === 'operator' || QUIET.has(token.key)
}

/** Reads a statement, keeps a failure as its result, and leaves the cursor behind its end. */
export function readGuarded(c: Cursor, out: ParsedStatement[], start: number, read: () => Statement): void {
  c.skipped = []
  const { depth } = c
  const from = c.at
  try {
    const statement = read()
    if (statement.kind === 'other') {
      if (!c.inRoutine && c.blocks === 0 && !isKnown(c.tokens[from]))
        throw new SqlSyntaxError('no statement begins so', start)
      if (c.at === from) c.at += 1
      skipStatement(c)
    } else finish(c, statement)
    const declared = c.inRoutine ? declaredName(c, from) : undefined
    if (statement.kind === 'other' && declared !== undefined) {
      out.push({ statement: { kind: 'other', declares: [declared] }, start, end: previousEnd(c), skipped: [] })
    } else if (statement.kind !== 'other' || statement.use !== undefined || !c.inRoutine)
      out.push({ statement, start, end: previousEnd(c), skipped: c.skipped })
    if (statement.kind === 'other' && mayRead(c, from)) readAssigned(c, from, out)
  } catch (error) {
    if (!(error instanceof SqlSyntaxError) && !(error instanceof RangeError)) throw error
    c.depth = depth
    if (c.at === from) c.at += 1
    skipStatement(c)
    const position = error instanceof SqlSyntaxError ? error.position : start
    const message = error instanceof SqlSyntaxError ? error.message : 'nested too deep'
    out.push({ statement: undefined, failure: { message, position }, start, end: previousEnd(c), skipped: [] })
  }
}

/** Statements that hand values on, and those that only define or ask about something. */
const VALUES = new Set(['SET', 'LET', 'CALL', 'EXEC', 'EXECUTE', 'ASSERT', 'PRINT'])
const NO_VALUES = new Set(
  'CREATE ALTER DROP GRANT REVOKE DENY COMMENT EXPLAIN DESCRIBE DESC SHOW SUMMARIZE PROFILE ANALYZE PREPARE'.split(' '),
)

/** Whether the expressions of a statement that moves no rows are computed where it stands: an assignment, a call. */
function mayRead(c: Cursor, from: number): boolean {
  const key = c.tokens[from]?.key ?? ''
  return c.inRoutine || c.blocks > 0 ? !NO_VALUES.has(key) : VALUES.has(key)
}

/** The value of an assignment or a declaration; of any other statement, the subqueries among its arguments. */
export function readAssigned(c: Cursor, from: number, out: ParsedStatement[]): void {
  const sign = c.tokens.slice(from, c.at).findIndex(({ key }) => ASSIGNS.has(key))
  if (sign < 0 || QUIET.has(c.tokens[from]?.key ?? '')) readSubqueries(c, from, out)
  else readValue(c, from + sign + 1, out)
}

const ASSIGNS = new Set([':=', '=', 'DEFAULT'])

/** `name type` in the declarations of a block. */
function declaredName(c: Cursor, at: number): Name | undefined {
  const [name, type] = [c.tokens[at], c.tokens[at + 1]]
  const isDeclaration = name?.type === 'word' && type !== undefined && isName(type) && !QUIET.has(name.key)
  return isDeclaration ? toName(name) : undefined
}
