import type { FileChange } from './git.ts'
import type { FakeRepository, GithubWorld } from './world.ts'

const lines = (...text: string[]) => `${text.join('\n')}\n`

/** A monorepo of a small shop: migrations, SQL, a dbt project, schemas of messages, code of pipelines. */
export const SHOP_FILES: Readonly<Record<string, FileChange>> = {
  'README.md': '# Shop\n',
  '.github/CODEOWNERS': lines(
    '# who is asked',
    '* @acme/core',
    '*.sql @acme/data',
    'schemas/ @acme/api ada@example.com',
  ),
  '.github/workflows/ci.yml': lines(
    'name: CI',
    'on: [push, pull_request]',
    'jobs:',
    '  test:',
    '    runs-on: ubuntu-latest',
  ),
  'migrations/0001_orders.sql': lines(
    'create table orders (',
    '  id integer primary key,',
    '  customer_id integer not null,',
    '  amount numeric not null',
    ');',
  ),
  'sql/daily.sql': lines(
    '-- Revenue by customer',
    'create view public.revenue as',
    'select customer_id,',
    '       sum(amount) as total',
    'from public.orders',
    'group by customer_id;',
  ),
  'dags/load_dag.py': lines('from airflow import DAG', 'dag = DAG("load_orders")'),
  'notebooks/look.ipynb': JSON.stringify({ cells: [{}, {}], metadata: { language_info: { name: 'python' } } }),
  'schemas/order.avsc': JSON.stringify({
    type: 'record',
    name: 'Order',
    fields: [
      { name: 'id', type: 'long' },
      { name: 'note', type: ['null', 'string'], doc: 'Free text' },
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    ],
  }),
  'schemas/order.proto': lines(
    'syntax = "proto3";',
    'message Order {',
    '  int64 id = 1;',
    '  repeated string tags = 2;',
    '}',
  ),
  'schemas/api.graphql': lines('type Order {', '  id: ID!', '  total(currency: String): Float', '}'),
  'schemas/order.schema.json': JSON.stringify({
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'integer' }, customer: { type: 'object', properties: { name: { type: 'string' } } } },
  }),
  'schemas/openapi.yaml': lines(
    'openapi: 3.1.0',
    'components:',
    '  schemas:',
    '    Order:',
    '      type: object',
    '      required: [id]',
    '      properties:',
    '        id: { type: integer }',
    '        at: { type: string, format: date-time }',
  ),
  'data/countries.csv': lines('code,name', 'de,Germany', 'fr,France'),
  'data/big.parquet': lines(
    'version https://git-lfs.github.com/spec/v1',
    'oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393',
    'size 123456789',
  ),
  'vendor/lib': { mode: '160000', content: '1234567890123456789012345678901234567890' },
  'link.sql': { mode: '120000', content: 'sql/daily.sql' },
  'analytics/dbt_project.yml': lines(
    'name: analytics',
    'version: 1.0.0',
    'models:',
    '  analytics:',
    '    marts:',
    '      +schema: marts',
  ),
  'analytics/models/staging/stg_orders.sql': lines(
    "select id, customer_id, amount from {{ source('shop', 'orders') }}",
  ),
  'analytics/models/marts/revenue.sql': lines(
    "{{ config(materialized='table') }}",
    'select',
    '  customer_id,',
    '  sum(amount) as total',
    "from {{ ref('stg_orders') }}",
    'group by customer_id',
  ),
  'analytics/models/schema.yml': lines(
    'version: 2',
    'sources:',
    '  - name: shop',
    '    schema: public',
    '    tables:',
    '      - name: orders',
    'models:',
    '  - name: revenue',
    '    description: Revenue by customer',
    '    columns:',
    '      - name: customer_id',
    '        description: Who bought',
    '        tests: [unique, not_null]',
    '      - name: total',
    'exposures:',
    '  - name: board',
    '    type: dashboard',
    '    owner: { email: ceo@example.com }',
    "    depends_on: [ref('revenue')]",
  ),
  'analytics/seeds/regions.csv': lines('region,country', 'south,de'),
}

/** An organization with the monorepo and a small repository. */
export function buildShop(world: GithubWorld): { readonly shop: FakeRepository; readonly tools: FakeRepository } {
  world.addOwner('acme')
  const shop = world.addRepository('acme', 'shop')
  world.push(shop, { 'README.md': '# New\n' }, { message: 'Begin' })
  world.push(shop, SHOP_FILES, { message: 'The shop' })
  world.tag(shop, 'v1')
  world.release(shop, 'v1', 'First release')
  world.branch(shop, 'feature')
  world.push(shop, { 'sql/extra.sql': 'select 1;\n' }, { branch: 'feature', message: 'Extra' })
  const pull = world.openPull(shop, 'feature', 'Extra query')
  world.touch(pull, (opened) => opened.reviews.push({ author: 'bob', state: 'COMMENTED', at: world.now }))
  const tools = world.addRepository('acme', 'tools')
  world.push(tools, { 'run.sql': 'select 2;\n' })
  return { shop, tools }
}
