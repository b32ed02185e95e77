import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { createSqlHints, isSqlHintFile } from '../../connectors/kit/index.ts'
import { findDialect } from '../../lineage/dialects.ts'

const hintsOf = (files: Readonly<Record<string, string>>) => {
  for (const path of Object.keys(files)) expect(isSqlHintFile(path), path).toBe(true)
  const options = { parseYaml: parse, isDialect: (name: string) => findDialect(name) !== 'generic' }
  return createSqlHints(new Map(Object.entries(files)), options)
}

test('of a dbt project the target of its profile counts, as far as it is written out', () => {
  const profiles = `
shop:
  target: prod
  outputs:
    dev: { type: duckdb, schema: main }
    prod: { type: postgres, host: db, dbname: shop, schema: "{{ env_var('SCHEMA') }}" }
lake:
  target: "{{ env_var('TARGET') }}"
  outputs:
    one: { type: bigquery, project: one, dataset: a }
    two: { type: bigquery, project: two, dataset: b }
alone: { outputs: { any: { type: snowflake, database: DB, schema: PUBLIC } } }`
  const hint = hintsOf({
    'profiles.yml': profiles,
    'a/dbt_project.yml': 'name: a\nprofile: shop',
    'b/dbt_project.yml': 'name: b\nprofile: lake',
    'c/dbt_project.yaml': 'name: c\nprofile: alone',
    'd/dbt_project.yml': 'name: d\nprofile: of-nobody',
    'e/dbt_project.yml': ': no yaml: [',
  })
  expect(hint('a/models/x.sql')).toEqual({ dialect: 'postgres', database: 'shop' })
  expect(hint('b/models/x.sql')).toEqual({ dialect: 'bigquery' })
  expect(hint('c/models/deep/x.sql')).toEqual({ dialect: 'snowflake', database: 'DB', schemas: ['PUBLIC'] })
  for (const path of ['d/models/x.sql', 'e/models/x.sql', 'x.sql', 'ab/x.sql']) expect(hint(path)).toBeUndefined()
})

test("SQLFluff's settings of the nearest folder, then where migrations connect to, then names", () => {
  const hint = hintsOf({
    '.sqlfluff': '[sqlfluff:indentation]\ndialect = oracle\n[sqlfluff]\nmax_line_length = 80\ndialect = snowflake\n',
    'warehouse/pyproject.toml': '[project]\nname = "x"\n\n[tool.sqlfluff.core]\ndialect = "bigquery"\n',
    'broken/.sqlfluff': '[sqlfluff]\ndialect = nothing_known\n',
  })
  expect(hint('sql/a.sql')).toEqual({ dialect: 'snowflake' })
  expect(hint('warehouse/deep/a.sql')).toEqual({ dialect: 'bigquery' })
  expect(hint('broken/a.sql')).toEqual({ dialect: 'snowflake' })
  const tools = hintsOf({
    'a/flyway.conf': '# flyway.url=jdbc:mysql://x\nflyway.url=jdbc:postgresql://db:5432/shop\n',
    'b/alembic.ini': '[alembic]\nsqlalchemy.url = mysql+pymysql://root@db/shop\n',
    'c/alembic.ini': '[alembic]\nsqlalchemy.url = driver://user:pass@localhost/dbname\n',
    'd/schema.prisma': 'datasource db {\n  provider = "sqlite"\n  url = env("DATABASE_URL")\n}\n',
    'e/flyway.toml': '[environments.default]\nurl = "jdbc:snowflake://x"\n',
  })
  const told = [
    'a/migrations/1.sql',
    'b/1.sql',
    'c/1.sql',
    'd/migrations/1.sql',
    'e/1.sql',
    'f/1.psql',
    'oracle/old/1.sql',
  ]
  expect(told.map((path) => tools(path)?.dialect)).toEqual([
    'postgresql',
    'mysql',
    undefined,
    'sqlite',
    'snowflake',
    'postgres',
    'oracle',
  ])
})
