import { nameKey } from '../../connectors/kit/index.ts'
import connector from '../../connectors/snowflake/index.ts'
import { describeConnector } from '../contract/describe-connector.ts'
import type { ChangeCase, ContractHarness, Fixture } from '../contract/harness.ts'
import { type SnowflakeFixture, snowflakeFixture } from '../helpers/snowflake/fixture.ts'
import type { Scene } from '../helpers/snowflake/scene.ts'
import { seed } from '../helpers/snowflake/seed.ts'
import { SNOWFLAKE_FAULTS, snowflakeFailures } from '../helpers/snowflake/trouble.ts'

/** The harness makes no others. */
const own = (fixture: Fixture) => fixture as SnowflakeFixture
const DB = 'SHOP'

/** `SCHEMA.NAME` of a relation or schema; `group SCHEMA.NAME` of another family. */
const keys = (names: readonly string[]) =>
  names.map((name) => {
    const [, group, path = ''] = /^(?:([a-z]+) )?(.*)$/su.exec(name) ?? []
    return nameKey([DB, ...path.split('/'), ...(group === undefined ? [] : [group])])
  })
const change = (name: string, apply: (scene: Scene) => void, described: string[]): ChangeCase => ({
  name,
  apply: (fixture) => apply(own(fixture).scene),
  described: keys(described),
})

const changes: readonly ChangeCase[] = [
  change('a new column', (scene) => scene.addColumn(DB, 'APP', 'CUSTOMER', { name: 'PHONE' }), ['APP/CUSTOMER']),
  change('a comment', (scene) => scene.alter(DB, 'APP', 'CUSTOMER', { COMMENT: 'Whoever buys' }), ['APP/CUSTOMER']),
  change('a new table', (scene) => scene.table(DB, 'APP', 'EXTRA'), ['APP/EXTRA']),
  change('a primary key', (scene) => scene.primaryKey(DB, 'APP', 'EXTRA', ['ID']), ['APP/EXTRA']),
  change('a foreign key', (scene) => scene.foreignKey(DB, 'APP', 'EXTRA', 'ID', ['APP', 'CUSTOMER', 'ID']), [
    'APP/EXTRA',
  ]),
  change('a renamed column', (scene) => scene.renameColumn(DB, 'APP', 'CUSTOMER', 'EMAIL', 'MAIL'), ['APP/CUSTOMER']),
  change(
    'a replaced view, and one whose text INFORMATION_SCHEMA hides',
    (scene) => {
      scene.replaceView(DB, 'APP', 'OPEN_ORDERS', 'CREATE VIEW OPEN_ORDERS AS SELECT ID, NULL AS EMAIL FROM ORDERS')
      scene.replaceView(
        DB,
        'APP',
        'SECRETIVE',
        'CREATE SECURE VIEW SECRETIVE AS SELECT 2 * AMOUNT AS AMOUNT FROM PARTNER.PUBLIC.ORDERS',
      )
    },
    ['APP/OPEN_ORDERS', 'APP/SECRETIVE'],
  ),
  change('a renamed table, and what refers to it', (scene) => scene.rename(DB, 'APP', 'CUSTOMER', 'BUYER'), [
    'APP/BUYER',
    'APP/ORDERS',
    'APP/EXTRA',
  ]),
  change('a table moved to another schema', (scene) => scene.rename(DB, 'APP', 'EXTRA', 'EXTRA', 'PUBLIC'), [
    'PUBLIC/EXTRA',
  ]),
  change(
    'a table made anew',
    (scene) => {
      scene.drop(DB, 'PUBLIC', 'EXTRA')
      scene.table(DB, 'PUBLIC', 'EXTRA', { columns: [{ name: 'X' }] })
    },
    ['PUBLIC/EXTRA'],
  ),
  change(
    'a right given, one taken',
    (scene) => {
      scene.grant('INSERT', 'TABLE', [DB, 'APP', 'ORDERS'], 'LOADER')
      scene.revoke('SELECT', [DB, 'APP', 'BUYER'], 'ANALYST')
    },
    ['APP/ORDERS', 'APP/BUYER'],
  ),
  change(
    'tags and policies',
    (scene) => {
      scene.untag('DOMAIN')
      scene.tag([DB, 'APP', 'NESTED'], 'DOMAIN', 'all')
      scene.policy([DB, 'APP', 'NESTED'], 'MASKING_POLICY', 'M', 'ADDRESS')
    },
    ['APP/NESTED'],
  ),
  change(
    'routines replaced, overloaded and dropped',
    (scene) => {
      scene.changeObject('PROCEDURES', 'PROCEDURE', 'FORGET', {
        PROCEDURE_DEFINITION: 'BEGIN RETURN 2; END',
        LAST_ALTERED: scene.account.tick(),
      })
      scene.object('PROCEDURES', 'PROCEDURE', [DB, 'APP', 'FORGET'], {
        ARGUMENT_SIGNATURE: '(NAME VARCHAR)',
        DATA_TYPE: 'VARCHAR',
        PROCEDURE_LANGUAGE: 'SQL',
        PROCEDURE_DEFINITION: 'BEGIN RETURN 3; END',
        LAST_ALTERED: scene.account.tick(),
      })
    },
    ['routine APP/FORGET(NUMBER)', 'routine APP/FORGET(VARCHAR)'],
  ),
  change(
    'a sequence, a pipe, a stage and a format',
    (scene) => {
      scene.changeObject('SEQUENCES', 'SEQUENCE', 'INVOICE', { INCREMENT: '2' })
      scene.changeObject('PIPES', 'PIPE', 'INTAKE', { PATTERN: '.*[.]csv' })
      scene.changeObject('STAGES', 'STAGE', 'INBOX', { COMMENT: 'What comes in' })
      scene.changeObject('FILE_FORMATS', 'FILE_FORMAT', 'PIPED', { COMPRESSION: 'GZIP' })
    },
    ['sequence APP/INVOICE', 'other APP/INTAKE', 'storage APP/INBOX', 'type APP/PIPED'],
  ),
  change(
    'a task suspended, a stream dropped, a share widened, a semantic view with another metric',
    (scene) => {
      scene.changeShown('TASKS', 'NIGHTLY', { state: 'suspended' })
      scene.dropShown('STREAMS', 'ORDER_CHANGES')
      scene.changeShown('SHARES', 'ACME.ANALYTICS.SHOP_SHARE', { to: 'OTHER.ONE' })
      scene.changeShown('SEMANTIC METRICS', 'REVENUE', { name: 'TURNOVER' })
    },
    ['job APP/NIGHTLY', 'dataset APP/SALES'],
  ),
  change(
    'a new schema with a table',
    (scene) => {
      scene.schema(DB, 'MORE')
      scene.table(DB, 'MORE', 'T')
    },
    ['MORE', 'MORE/T'],
  ),
  change('a dropped schema', (scene) => scene.dropSchema(DB, 'MORE'), []),
  change('a dropped table', (scene) => scene.drop(DB, 'PUBLIC', 'EXTRA'), []),
  change(
    'rows, times and what goes stale',
    (scene) => {
      scene.load(DB, 'APP', 'ORDERS', 5000)
      scene.changeShown('TASKS', 'NIGHTLY', { last_committed_on: '2026-11-21' })
      scene.changeShown('DYNAMIC TABLES', 'DAILY', { rows: '9' })
    },
    [],
  ),
]

const share = nameKey(['SHOP_SHARE', 'share'])
const widened = changes.findIndex(({ name }) => name.includes('a share widened'))

const harness: ContractHarness = {
  kind: 'http',
  published: true,
  createFixture: () => snowflakeFixture(seed),
  failures: snowflakeFailures,
  changes: changes.map((each, index) =>
    index === widened ? { ...each, described: [...(each.described as readonly string[]), share] } : each,
  ),
  faults: SNOWFLAKE_FAULTS,
  big: (objects) =>
    snowflakeFixture((scene) => {
      scene.database('BIG')
      scene.account.database.exec('begin')
      for (let index = 0; index < objects; index += 1) scene.table('BIG', 'PUBLIC', `T${index}`)
      scene.account.database.exec('commit')
    }),
}

describeConnector(connector, harness)
