import { expect, test } from 'vitest'
import postgresConnector from '../../../connectors/postgres/index.ts'
import { quote, scratchDatabase } from '../../postgres/support.ts'
import { createLineageEngine, textStates } from './support.ts'
import { COLUMNS, SHAPES } from './view-shapes.ts'

const VIEWS = 300
/** Pairs of tables, hostile names among them. */
const TABLES = ['orders', 'customers', 'Or ders', 'a.b', 'sélect', 'from"x', 'T', 't']
const inSchema = (name: string) => `"s 1".${quote(name)}`

/** The columns that the rule of each view reads, as PostgreSQL itself knows. */
const READS = `
select v.relname as view, t.relname as table, a.attname as column
from pg_class v join pg_rewrite w on w.ev_class = v.oid and w.ev_type = '1'
join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
  and d.refobjsubid > 0
join pg_class t on t.oid = d.refobjid and t.oid <> v.oid and t.relnamespace <> 'pg_catalog'::regnamespace
join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
where v.relkind in ('v', 'm') order by 1, 2, 3`

test(`${VIEWS} views of PostgreSQL read no column that the catalogue does not know them to read`, async () => {
  await using source = await scratchDatabase()
  await source.sql.unsafe(
    `create schema "s 1"; ${TABLES.map((name) => `create table ${inSchema(name)} (${COLUMNS});`).join('')}`,
  )
  const views = Array.from({ length: VIEWS }, (_, at) => {
    const shape = SHAPES[at % SHAPES.length]
    if (shape === undefined) throw new Error('no shape')
    const a = TABLES[Math.floor(at / SHAPES.length) % TABLES.length] ?? ''
    const b = TABLES[(Math.floor(at / SHAPES.length) + 3) % TABLES.length] ?? ''
    return { name: `v ${at}`, shape, a, b, kind: at % 9 === 0 ? 'materialized view' : 'view' }
  })
  await source.sql.unsafe(
    views
      .map(
        ({ name, shape, a, b, kind }) => `create ${kind} ${inSchema(name)} as ${shape.query(inSchema(a), inSchema(b))}`,
      )
      .join(';'),
  )
  await using engine = await createLineageEngine([postgresConnector])
  const crawled = await engine.addSource(postgresConnector, postgresConnector.manifest.fromUrl(source.url))
  expect(await crawled.sync()).toMatchObject({ outcome: 'succeeded' })
  expect(engine.derived).toEqual([VIEWS])
  expect((await textStates(engine.store)).filter(({ outcome }) => outcome !== 'resolved')).toEqual([])

  const stored = await engine.store.sql<{ view: string; read: string }[]>`
    select distinct d.name as view, u.name || '.' || e.upstream_field as read
    from tidemark.lineage_field_edge e join tidemark.asset d on d.id = e.downstream_id
    join tidemark.asset u on u.id = e.upstream_id where e.valid_to is null`
  const ours = Map.groupBy(stored, ({ view }) => view)
  const rows = await source.sql.unsafe<{ view: string; table: string; column: string }[]>(READS)
  const theirs = Map.groupBy(rows, ({ view }) => view)
  const wrong: string[] = []
  const beyond: Record<string, string[]> = {}
  for (const { name, shape, a, b } of views) {
    const known = new Set((theirs.get(name) ?? []).map(({ table, column }) => `${table}.${column}`))
    // A whole row is read as such: PostgreSQL notes no columns of it.
    const wholeRows = shape.name === 'whole row'
    const seen = new Set((ours.get(name) ?? []).map(({ read }) => read.replaceAll('\\.', '.')))
    if (!wholeRows) wrong.push(...[...seen].filter((read) => !known.has(read)).map((read) => `${shape.name}: ${read}`))
    const more = [...known]
      .filter((read) => !seen.has(read))
      .map((read) => read.replace(`${a}.`, 'a.').replace(`${b}.`, 'b.'))
    const explained = new Set(shape.beyond?.columns)
    if (more.length !== explained.size || more.some((read) => !explained.has(read))) beyond[shape.name] = more.sort()
  }
  expect(wrong).toEqual([])
  expect(beyond).toEqual({})
}, 120_000)
