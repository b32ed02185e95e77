import type { CursorStatement, Name, ParsedStatement, Query, Statement } from './ast.ts'
import {
  advance,
  type Cursor,
  expect,
  isName,
  isNext,
  peek,
  previousEnd,
  readName,
  readNameList,
  skipParens,
  skipUntil,
  startsLine,
  take,
  toName,
  unexpected,
} from './cursor.ts'
import { readFromItems } from './from.ts'
import { SqlSyntaxError, type Token } from './lexer.ts'
import { continueQuery, readQuery } from './query.ts'
import { hasUnsaidSelects, isQueryNext } from './query-start.ts'
import { readStatement } from './statements/dispatch.ts'
import { readHiveInserts } from './statements/insert.ts'
import { readSubqueries, readValue } from './subqueries.ts'

const OTHER: Statement = { kind: 'other' }

/** First words that begin a statement where the dialect needs no semicolon. */
const STARTS = new Set(
  'SELECT INSERT UPDATE DELETE MERGE CREATE ALTER DROP WITH EXEC EXECUTE DECLARE IF WHILE BEGIN END PRINT RETURN TRUNCATE GO SET USE ELSE RAISERROR THROW COMMIT ROLLBACK SAVE OPEN FETCH CLOSE DEALLOCATE GOTO WAITFOR'.split(
    ' ',
  ),
)

/** All statements of a text. One that cannot be read is told, and reading goes on behind it. */
export function readScript(c: Cursor): ParsedStatement[] {
  const out: ParsedStatement[] = []
  while (peek(c).type !== 'end') readNext(c, out)
  return out
}

/** The statements of a routine's body: a block to its END, or the one statement there is. */
export function readBody(c: Cursor): ParsedStatement[] {
  const out: ParsedStatement[] = []
  let depth = 0
  const declares = isNext(c, 'DECLARE') || !isNext(c, 'BEGIN')
  let sawBlock = false
  while (peek(c).type !== 'end') {
    if (isNext(c, 'BEGIN') && !isTransaction(c)) {
      depth += 1
      sawBlock = true
    } else if (isNext(c, 'END') && !/^(?:IF|LOOP|WHILE|CASE|FOR|REPEAT)$/.test(peek(c, 1).key)) depth -= 1
    if (isBodyEnd(c)) break
    const count = out.length
    readNext(c, out)
    if (sawBlock && depth <= 0 && !isNext(c, 'BEGIN')) {
      take(c, ';')
      break
    }
    const single =
      !sawBlock && !c.traits.bareStatements && out.length > count && isWhole(out.at(-1)) && !declaresOn(c, declares)
    if (single) break
  }
  return out
}

/** Whether a body that began with declarations still has its BEGIN to come. */
function declaresOn(c: Cursor, declares: boolean): boolean {
  if (!declares) return false
  for (let ahead = 0; ahead < 400; ahead++) {
    const { key, type } = peek(c, ahead)
    if (type === 'end' || key === 'CREATE' || key === 'GO') return false
    if (key === 'BEGIN') return true
  }
  return false
}

function isWhole(parsed: ParsedStatement | undefined): boolean {
  return parsed !== undefined && parsed.statement?.kind !== 'cursor'
}

function isBodyEnd(c: Cursor): boolean {
  if (isNext(c, 'GO') && c.traits.dialect === 'tsql') return true
  return isNext(c, '/') && c.traits.dialect === 'oracle'
}

function isTransaction(c: Cursor): boolean {
  return /^(?:TRAN|TRANSACTION|WORK|;|DISTRIBUTED|DEFERRED|IMMEDIATE|EXCLUSIVE|CONCURRENT)$/.test(peek(c, 1).key)
}

const CONDITIONS = new Set(['IF', 'ELSEIF', 'ELSIF', 'WHILE', 'UNTIL'])
const CONDITION_ENDS = new Set(['THEN', 'DO', 'LOOP', 'BEGIN'])
const WHEN_ENDS = new Set(['THEN', 'WHEN'])
const BLOCK_WORDS = new Set(['ELSE', 'THEN', 'LOOP', 'REPEAT', 'EXCEPTION', 'ATOMIC', 'IS', 'AS', 'GO', '/', 'FINALLY'])

/** One statement, or one word of control flow with the values it looks at. What cannot be read is told and stepped over. */
function readNext(c: Cursor, out: ParsedStatement[]): void {
  const { at, depth } = c
  const { start } = peek(c)
  try {
    readStep(c, out)
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error
    c.depth = depth
    if (c.at === at) c.at += 1
    skipStatement(c)
    const { message, position } = error
    out.push({ statement: undefined, failure: { message, position }, start, end: previousEnd(c), skipped: [] })
  }
}

function readStep(c: Cursor, out: ParsedStatement[]): void {
  const { key, start } = peek(c)
  if (take(c, ';')) return
  if (key === '<<') {
    skipLabel(c)
    return
  }
  if (isName(peek(c)) && peek(c, 1).key === ':' && /^(?:BEGIN|LOOP|WHILE|REPEAT|FOR)$/.test(peek(c, 2).key)) c.at += 2
  else if (key === 'BEGIN' && !isTransaction(c)) {
    c.at += 1
    c.blocks += 1
    if (take(c, 'NOT')) c.at += 1
    if (/^(?:TRY|CATCH|ATOMIC)$/.test(peek(c).key)) c.at += 1
  } else if (key === 'END') skipEnd(c)
  else if (BLOCK_WORDS.has(key) && !(key === 'LOOP' && peek(c, 1).key === '.')) c.at += 1
  else if (CONDITIONS.has(key)) readCondition(c, out)
  else if (key === 'WHEN' || (key === 'CASE' && (c.inRoutine || c.blocks > 0))) readUntil(c, out, WHEN_ENDS, 'THEN')
  else if (key === 'FOREACH' && c.inRoutine) readUntil(c, out, CONDITION_ENDS, 'LOOP')
  else if (key === 'FOR' && isName(peek(c, 1))) readFor(c, out, start)
  else if (key === 'DECLARE' || (key === 'CURSOR' && c.inRoutine)) readDeclare(c, out)
  else if (isDeclaredQuery(c)) readDeclared(c, out, start)
  else if (key === 'RETURN' || key === 'PERFORM') readReturn(c, out)
  else if (key === 'OPEN' && c.inRoutine && !c.traits.bareStatements) readOpen(c, out)
  else read(c, out)
}

function skipLabel(c: Cursor): void {
  while (!take(c, '>>')) if (advance(c).type === 'end') return
}

function skipEnd(c: Cursor): void {
  c.at += 1
  if (!/^(?:IF|LOOP|WHILE|CASE|FOR|REPEAT)$/.test(peek(c).key)) c.blocks = Math.max(0, c.blocks - 1)
  if (/^(?:IF|LOOP|WHILE|CASE|FOR|REPEAT|TRY|CATCH|TRANSACTION)$/.test(peek(c).key)) c.at += 1
  if (isName(peek(c)) && peek(c, 1).key === ';') c.at += 1
}

/** IF cond THEN, IF cond BEGIN, WHILE cond DO: T-SQL's conditions end where a statement begins. */
function readCondition(c: Cursor, out: ParsedStatement[]): void {
  c.at += 1
  const from = c.at
  try {
    c.grammar.expression(c)
    if (hasUnsaidSelects(c) && isNext(c, 'FROM')) skipUntil(c, CONDITION_ENDS)
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error
    c.at = from
    skipUntil(c, CONDITION_ENDS)
  }
  readValue(c, from, out)
  if (!take(c, 'THEN') && !take(c, 'DO')) take(c, 'LOOP')
}

/** CASE a, WHEN b THEN, FOREACH a IN ARRAY b LOOP: what stands before one of the words that end it. */
function readUntil(c: Cursor, out: ParsedStatement[], ends: ReadonlySet<string>, last: string): void {
  c.at += 1
  const from = c.at
  skipUntil(c, ends)
  readSubqueries(c, from, out)
  take(c, last)
}

/** FOR row IN (SELECT …) LOOP: the row is a source of what follows. */
function readFor(c: Cursor, out: ParsedStatement[], start: number): void {
  c.at += 1
  const name = readName(c, 'a variable')
  if (take(c, 'AS') && isQueryNext(c)) out.push(cursorOf(c, name, readQuery(c), start))
  else if (take(c, 'IN')) {
    const query = isNext(c, '(') ? readGrouped(c) : isQueryNext(c) ? readQuery(c) : readCursorName(c)
    if (query !== undefined) out.push(cursorOf(c, name, query, start))
    else readRange(c, out, start)
  }
  if (!take(c, 'LOOP')) take(c, 'DO')
}

/** FOR i IN 1..n LOOP, and FOR row IN EXECUTE text LOOP, whose rows nobody knows. */
function readRange(c: Cursor, out: ParsedStatement[], start: number): void {
  const from = c.at
  const dynamic = isNext(c, 'EXECUTE')
  skipUntil(c, CONDITION_ENDS)
  if (dynamic) out.push({ statement: { kind: 'dynamic' }, start, end: previousEnd(c), skipped: [] })
  readSubqueries(c, from, out)
}

/** FOR row IN cursor [(…)] LOOP: the cursor's rows, by its name. */
function readCursorName(c: Cursor): Query | undefined {
  const { at } = c
  if (!isName(peek(c))) return undefined
  const name = toName(advance(c))
  if (isNext(c, '(')) skipParens(c)
  if (!/^(?:LOOP|DO)$/.test(peek(c).key)) {
    c.at = at
    return undefined
  }
  const { start, end } = name
  const body = { kind: 'table-query' as const, table: [name], start, end }
  return { kind: 'nested', with: [], recursive: false, order: [], start, end, body }
}

function readGrouped(c: Cursor): Query | undefined {
  if (!isQueryNext(c, 1) && peek(c, 1).key !== '(') return undefined
  expect(c, '(')
  const query = readQuery(c)
  expect(c, ')')
  return continueQuery(c, query)
}

function cursorOf(c: Cursor, name: CursorStatement['name'], query: Query, start: number): ParsedStatement {
  return { statement: { kind: 'cursor', name, query, loop: true }, start, end: previousEnd(c), skipped: [] }
}

/** Snowflake's `[LET] r RESULTSET := (SELECT …)`, its and PL/pgSQL's `c CURSOR FOR SELECT …`: in a list of declarations too. */
function isDeclaredQuery(c: Cursor): boolean {
  if (c.inRoutine && hasUnsaidSelects(c))
    return isName(peek(c)) && /^(?:NO|SCROLL|CURSOR)$/.test(peek(c, 1).key) && findCursorQuery(c) !== undefined
  if (c.traits.dialect !== 'snowflake') return false
  const name = isNext(c, 'LET') ? 1 : 0
  return isName(peek(c, name)) && /^(?:CURSOR|RESULTSET)$/.test(peek(c, name + 1).key)
}

/** DECLARE @t TABLE (…), DECLARE c CURSOR FOR SELECT …, DECLARE x INT DEFAULT 0; a bare DECLARE opens a block. */
function readDeclare(c: Cursor, out: ParsedStatement[]): void {
  readDeclared(c, out, advance(c).start)
}

function readDeclared(c: Cursor, out: ParsedStatement[], start: number): void {
  take(c, 'LET')
  const token = peek(c)
  if (isName(token) && peek(c, 1).key === 'RESULTSET') {
    readResultSet(c, out, start)
    return
  }
  if (
    token.type === 'variable' &&
    (peek(c, 1).key === 'TABLE' || (peek(c, 1).key === 'AS' && peek(c, 2).key === 'TABLE'))
  ) {
    readTableVariable(c, out, start)
    return
  }
  const cursor = findCursorQuery(c)
  if (cursor === undefined) {
    const declares: Name[] = []
    while (isName(peek(c)) || peek(c).type === 'variable') {
      declares.push(toName(advance(c)))
      if (!take(c, ',')) break
    }
    const from = c.at
    if (declares.length > 0) skipStatement(c)
    out.push({ statement: { kind: 'other', declares }, start, end: previousEnd(c), skipped: [] })
    readAssigned(c, from, out)
    return
  }
  const name = toName(token)
  if (cursor.parameters !== undefined) {
    c.at += cursor.parameters
    const declares = readNameList(c)
    out.push({ statement: { kind: 'other', declares }, start, end: previousEnd(c), skipped: [] })
  }
  c.at = cursor.at
  if (!isQueryNext(c) && !isNext(c, '(')) {
    skipStatement(c)
    return
  }
  out.push({
    statement: { kind: 'cursor', name, query: readQuery(c), loop: false },
    start,
    end: previousEnd(c),
    skipped: [],
  })
}

const CURSOR_WORDS = new Set(
  'CURSOR INSENSITIVE SENSITIVE ASENSITIVE SCROLL NO NOT LOCAL GLOBAL FORWARD_ONLY STATIC KEYSET DYNAMIC FAST_FORWARD READ_ONLY SCROLL_LOCKS OPTIMISTIC TYPE_WARNING WITH WITHOUT HOLD RETURN'.split(
    ' ',
  ),
)

/** Where the query of `c CURSOR [(a int)] FOR` and Oracle's `CURSOR c [(a NUMBER)] IS` begins, and how far ahead its parameters do. */
function findCursorQuery(c: Cursor): { readonly at: number; readonly parameters: number | undefined } | undefined {
  const { at } = c
  let ahead = 1
  while (CURSOR_WORDS.has(peek(c, ahead).key)) ahead += 1
  const named = ahead > 1
  const parameters = peek(c, ahead).key === '(' && isName(peek(c)) ? ahead : undefined
  if (parameters !== undefined) {
    c.at += ahead
    skipParens(c)
    ahead = c.at - at
    c.at = at
  }
  const { key } = peek(c, ahead)
  const isCursor = named ? key === 'FOR' || key === 'IS' : key === 'IS' && isQueryNext(c, ahead + 1)
  return isCursor ? { at: at + ahead + 1, parameters } : undefined
}

/** The rows of a result set go by its name in a FOR loop. */
function readResultSet(c: Cursor, out: ParsedStatement[], start: number): void {
  const name = toName(advance(c))
  c.at += 1
  if (!take(c, 'DEFAULT')) take(c, ':=')
  const query = isNext(c, '(') ? readGrouped(c) : undefined
  if (query === undefined) skipStatement(c)
  else out.push(cursorOf(c, name, query, start))
}

function readTableVariable(c: Cursor, out: ParsedStatement[], start: number): void {
  const name = toName(advance(c))
  while (!isNext(c, '(')) c.at += 1
  const columns = []
  const open = c.at
  skipParens(c)
  let first = true
  let depth = 0
  for (const token of c.tokens.slice(open + 1, c.at - 1)) {
    if (token.key === '(') depth += 1
    else if (token.key === ')') depth -= 1
    else if (token.key === ',' && depth === 0) first = true
    else if (first && isName(token)) {
      if (!/^(?:PRIMARY|UNIQUE|INDEX|CHECK|CONSTRAINT)$/.test(token.key)) columns.push(toName(token))
      first = false
    }
  }
  const target = { path: [name], temporary: true, start, end: previousEnd(c) }
  out.push({ statement: { kind: 'create', object: 'table', target, columns }, start, end: previousEnd(c), skipped: [] })
}

/** RETURN QUERY SELECT …, RETURN QUERY EXECUTE text, RETURN (SELECT …) + 1, RETURN TABLE(…), PERFORM f(…). */
function readReturn(c: Cursor, out: ParsedStatement[]): void {
  const { start, key } = advance(c)
  take(c, 'QUERY')
  take(c, 'TABLE')
  const from = c.at
  if (isNext(c, 'EXECUTE')) read(c, out)
  else if (isQueryNext(c) || (isGroupedQueryNext(c) && !isOperandNext(c))) {
    readGuarded(c, out, start, () =>
      key === 'RETURN' && isNext(c, '(') ? readReturned(c) : { kind: 'query', query: readQuery(c) },
    )
  } else {
    skipStatement(c)
    readValue(c, from, out)
  }
}

/** OPEN c FOR SELECT …, OPEN c FOR EXECUTE text, Oracle's OPEN c FOR text; OPEN c (a) of a cursor whose query is known. */
function readOpen(c: Cursor, out: ParsedStatement[]): void {
  const from = c.at
  const { start } = advance(c)
  while (!isNext(c, 'FOR') && !isNext(c, ';') && peek(c).type !== 'end') c.at += 1
  if (!take(c, 'FOR')) readSubqueries(c, from, out)
  else if (isNext(c, 'EXECUTE')) read(c, out)
  else if (isQueryNext(c) || isGroupedQueryNext(c))
    readGuarded(c, out, start, () => ({ kind: 'query', query: readQuery(c) }))
  else {
    const text = peek(c).type === 'string' && /^(?:;|USING)$/.test(peek(c, 1).key) ? peek(c).text : undefined
    skipStatement(c)
    const statement: Statement = { kind: 'dynamic', ...(text === undefined ? {} : { text }) }
    out.push({ statement, start, end: previousEnd(c), skipped: [] })
  }
}

function isGroupedQueryNext(c: Cursor): boolean {
  return isNext(c, '(') && (isQueryNext(c, 1) || peek(c, 1).key === '(')
}

/** Whether the parenthesis that opens here is the first operand of an expression: `(SELECT …) > 0`. */
function isOperandNext(c: Cursor): boolean {
  let depth = 0
  for (let ahead = 0; ; ahead++) {
    const { key, type } = peek(c, ahead)
    if (type === 'end') return false
    if (key === '(') depth += 1
    else if (key === ')') depth -= 1
    if (depth > 0) continue
    const next = peek(c, ahead + 1)
    return (next.type === 'operator' && !/^[;/]$/.test(next.key)) || OPERATOR_WORDS.has(next.key)
  }
}

const OPERATOR_WORDS = new Set(['AND', 'OR', 'IS', 'IN', 'NOT', 'BETWEEN', 'LIKE', 'ILIKE', 'COLLATE'])

function readReturned(c: Cursor): Statement {
  const query = readGrouped(c)
  if (query === undefined) throw unexpected(c, 'a query')
  return { kind: 'query', query }
}

function read(c: Cursor, out: ParsedStatement[]): void {
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
function readGuarded(c: Cursor, out: ParsedStatement[], start: number, read: () => Statement): void {
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
function readAssigned(c: Cursor, from: number, out: ParsedStatement[]): void {
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

/** What a statement ends with: options that move no data, or a clause nobody knows, which is told. */
function finish(c: Cursor, statement: Statement): void {
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
function skipStatement(c: Cursor): void {
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
