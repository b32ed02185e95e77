import type { Name, OtherStatement, Path } from '../ast.ts'
import { advance, type Cursor, isName, isNext, peek, readPath, take, toName } from '../cursor.ts'

const OTHER: OtherStatement = { kind: 'other' }

/** What a name after USE is: MySQL and ClickHouse have nothing between a database and its tables. */
const SCHEMA_ONLY = new Set<string>(['mysql', 'mariadb', 'clickhouse', 'spark', 'databricks', 'trino'])

/** USE a, USE a.b, USE [DATABASE | CATALOG | SCHEMA] a. Roles and warehouses move no names. */
export function readUse(c: Cursor): OtherStatement {
  advance(c)
  const word = peek(c).key
  if (isName(peek(c, 1)) && /^(?:ROLE|WAREHOUSE|SECONDARY|INDEX|STATISTICS)$/.test(word)) return OTHER
  const announced = isName(peek(c, 1)) && /^(?:DATABASE|CATALOG|SCHEMA|NAMESPACE)$/.test(word)
  if (announced) c.at += 1
  const path = readPath(c, 'a database')
  const [first, second] = path
  if (first === undefined) return OTHER
  if (second !== undefined) return { kind: 'other', use: { database: first, schemas: [second] } }
  const plain = SCHEMA_ONLY.has(c.traits.dialect) ? 'SCHEMA' : 'DATABASE'
  const kind = announced && !(word === 'DATABASE' && plain === 'SCHEMA') ? word : plain
  if (kind === 'SCHEMA' || kind === 'NAMESPACE') return { kind: 'other', use: { schemas: [first] } }
  return { kind: 'other', use: { database: first } }
}

/** SET [SESSION | LOCAL] search_path TO a, b; ALTER SESSION SET CURRENT_SCHEMA = a; SET SCHEMA a. */
export function readSet(c: Cursor): OtherStatement {
  const from = c.at
  advance(c)
  if (isNext(c, 'SESSION') || isNext(c, 'LOCAL')) c.at += 1
  const path = take(c, 'SEARCH_PATH') || take(c, 'CURRENT_SCHEMA') || take(c, 'CURRENT', 'SCHEMA')
  if (path ? take(c, '=') || take(c, 'TO') : take(c, 'SCHEMA') && c.traits.dialect !== 'mysql') {
    const schemas = readSchemas(c)
    if (schemas.length > 0) return { kind: 'other', use: { schemas } }
  }
  c.at = from
  return OTHER
}

function readSchemas(c: Cursor): Name[] {
  const schemas: Name[] = []
  do {
    const token = peek(c)
    if (!isName(token) && token.type !== 'string') break
    c.at += 1
    const name: Path = [toName(token)]
    // The schema called like the user is not known here.
    if (token.text !== '$user' && token.key !== 'DEFAULT') schemas.push(...name)
  } while (take(c, ','))
  return schemas
}
