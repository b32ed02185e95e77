import type { Connection } from 'mysql2/promise'
import connector from '../../../connectors/mysql/index.ts'
import type { MysqlServer } from '../../mysql/servers.ts'
import { createAccount, freshName, quote, quoteText } from '../../mysql/support.ts'
import type { OracleSubject, OracleWorld } from '../world.ts'
import { MYSQL_OPERATIONS, type Scene, sceneOf } from './mysql-operations.ts'

/** What the world begins with; the picks come from the seed. */
const BEGINNING = [
  ...['create database', 'create database', 'create table', 'create table', 'create table', 'create table'],
  ...['create table', 'create table', 'add column', 'add foreign key', 'add index', 'create view', 'create view'],
  ...['create trigger', 'create function', 'create procedure', 'create event', 'grant', 'partition'],
]

/**
 * Databases on a real server. DDL commits by itself there, so that a transaction has no change of the catalogue in it. A
 * change that the server refuses is none.
 */
async function mysqlWorld(server: MysqlServer, seed: number, without: readonly string[]): Promise<OracleWorld> {
  const sql = await server.connect()
  const prefix = freshName('o')
  const user = await createAccount(server, [])
  await sql.query('set lock_wait_timeout = 1')
  const world: OracleWorld = {
    type: 'mysql',
    config: { host: '127.0.0.1', port: server.port, user: 'root', databases: { allow: [`${prefix}*`] } },
    operations: Object.keys(MYSQL_OPERATIONS).filter((name) => !without.includes(name)),
    async apply(operation, picks) {
      const scene: Scene = await sceneOf(sql, { prefix, user, mariadb: server.mariadb }, picks)
      for (const statement of MYSQL_OPERATIONS[operation]?.(scene) ?? []) await sql.query(statement).catch(() => {})
    },
    async applyInTransaction() {},
    async commit() {},
    async [Symbol.asyncDispose]() {
      await dropAll(sql, prefix)
      await sql.query(`drop user ${user}@'%'`)
      await sql.end()
    },
  }
  await populate(world, seed)
  return world
}

async function dropAll(sql: Connection, prefix: string): Promise<void> {
  const [rows] = await sql.query(
    `select schema_name as name from information_schema.schemata where schema_name like ${quoteText(`${prefix}%`)}`,
  )
  await sql.query('set foreign_key_checks = 0')
  for (const { name } of rows as { name: string }[]) await sql.query(`drop database ${quote(name)}`)
}

async function populate(world: OracleWorld, seed: number): Promise<void> {
  let state = seed >>> 0
  const next = () => {
    // Numerical Recipes' generator: enough to vary what a seed stands for.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 8
  }
  for (const operation of BEGINNING) await world.apply(operation, [next(), next(), next(), next()])
}

/** `without` are operations that this server does not survive. */
export function mysqlSubject(name: string, server: () => MysqlServer, without: readonly string[] = []): OracleSubject {
  return { name, connector, createWorld: (seed) => mysqlWorld(server(), seed, without) }
}
