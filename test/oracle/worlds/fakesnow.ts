import connector from '../../../connectors/snowflake/index.ts'
import type { Fakesnow } from '../../helpers/snowflake/fakesnow.ts'
import { snowflakeFixture } from '../../helpers/snowflake/fixture.ts'
import type { OracleSubject } from '../world.ts'

const SCHEMAS = ['PUBLIC', 'APP', 'Lower']
const NAMES = ['A', 'B', 'C d', 'e']
const TYPES = ['number(12,2)', 'varchar(20)', 'timestamp_ntz', 'variant', 'boolean', 'float']
let worlds = 0

/** The statement of each kind of change; one that finds nothing to act on is refused, and changes nothing. */
function statementOf(operation: string, picks: readonly number[], serial: number): string {
  const pick = (list: readonly string[], at: number) => list[(picks[at] ?? 0) % list.length] ?? ''
  const schema = `"${pick(SCHEMAS, 0)}"`
  const name = `${schema}."${pick(NAMES, 1)}"`
  const other = `${schema}."${pick(NAMES, 2)}"`
  const type = pick(TYPES, 3)
  const statements: Readonly<Record<string, string>> = {
    'create table': `create table ${name} (id number(38,0) not null, v ${type})`,
    'replace table': `create or replace table ${name} (id number(38,0), w ${type})`,
    'create view': `create or replace view ${name} as select id, ${picks[2]} as x from ${other}`,
    'add column': `alter table ${name} add column n${serial} ${type}`,
    'drop column': `alter table ${name} drop column v`,
    'rename column': `alter table ${name} rename column id to r${serial}`,
    'rename table': `alter table ${name} rename to ${other}`,
    'drop table': `drop table ${name}`,
    'drop view': `drop view ${name}`,
    comment: `comment on table ${name} is 'says ${(picks[2] ?? 0) % 3}'`,
    rows: `insert into ${name} (id) values (1)`,
    'create schema': `create schema if not exists ${schema}`,
  }
  return statements[operation] ?? ''
}

const OPERATIONS = [
  'create table',
  'replace table',
  'create view',
  'add column',
  'drop column',
  'rename column',
  'rename table',
  'drop table',
  'drop view',
  'comment',
  'rows',
  'create schema',
]

/** DDL that fakesnow runs, with the stand-in in front telling of what its catalogue says after each. */
export function fakesnowSubject(fakesnow: () => Fakesnow): OracleSubject {
  return {
    name: 'snowflake on fakesnow',
    connector,
    async createWorld(seed) {
      worlds += 1
      const database = `W${process.pid}_${worlds}`
      const fixture = await snowflakeFixture((scene) => scene.database(database))
      let serial = 0
      const apply = async (operation: string, picks: readonly number[]) => {
        serial += 1
        const run = (text: string) => fakesnow().run(text)
        await run(`use database ${database}`)
        // Nothing there that fits, or a name already taken: no change.
        await run(statementOf(operation, picks, serial)).catch(() => {})
        await fakesnow().importInto(fixture.scene, database)
      }
      await fakesnow().run(`create database ${database}`)
      for (let n = 0; n < 8; n += 1)
        await apply(n < 2 ? 'create schema' : 'create table', [n, (seed >> n) + n, n, seed % (n + 3)])
      return {
        type: 'snowflake',
        config: { ...fixture.config },
        operations: OPERATIONS,
        apply,
        applyInTransaction: apply,
        commit: async () => {},
        // fakesnow cannot drop a database; it ends with the suite.
        [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
      }
    },
  }
}
