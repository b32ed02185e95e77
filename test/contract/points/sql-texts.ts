import { describe, expect, test } from 'vitest'
import type { Connector } from '../../../connectors/kit/index.ts'
import { findDialect } from '../../../lineage/dialects.ts'
import { createEngine } from '../../helpers/engine.ts'
import type { ContractHarness } from '../harness.ts'

interface TextRow {
  readonly asset: string
  readonly kindGroup: string
  readonly outcome: string | null
  readonly reasons: readonly string[]
  readonly catalogue: readonly string[]
  readonly derived: readonly string[]
}

/** Point 13: the SQL that a connector brings leads where its own catalogue says, if that says anything. */
export function testSqlTexts(connector: Connector, harness: ContractHarness): void {
  const { sql } = connector.manifest
  if (sql === undefined) return
  describe('13. SQL', () => {
    test.skipIf(sql.foreign !== undefined)(
      'its dialect is one that the engine knows (of foreign texts, each has its own)',
      () => {
        expect(findDialect(sql.dialect)).not.toBe('generic')
      },
    )

    test('every definition is read, and what a view reads is what the catalogue says it reads', async () => {
      await using fixture = await harness.createFixture()
      await using engine = await createEngine([connector])
      const source = await engine.addSource(connector, fixture.config)
      await source.sync()
      const texts = await engine.store.sql<TextRow[]>`
        select a.display as asset, a.kind_group as "kindGroup", t.outcome,
               array(select jsonb_path_query(coalesce(t.gaps, '[]'), '$[*].reason') #>> '{}') as reasons,
               array(select e.upstream_display from tidemark.lineage_edge e where e.downstream_id = a.id and e.valid_to is null
                     and e.origin = 'catalogue' order by 1) as catalogue,
               array(select e.upstream_display from tidemark.lineage_edge e where e.downstream_id = a.id and e.valid_to is null
                     and e.origin = 'definition' and e.text_id = t.id order by 1) as derived
        from tidemark.definition d join tidemark.asset a on a.id = d.asset_id and a.removed_at is null
        left join tidemark.lineage_text t on t.asset_id = a.id
        where d.language <> all (${[...(sql.opaque ?? [])]}) order by 1`
      expect(texts.length, 'definitions in the fixture').toBeGreaterThan(0)
      expect(texts.filter(({ outcome }) => outcome === null).map(({ asset }) => asset)).toEqual([])
      const broken = texts.filter(({ reasons }) => reasons.some((reason) => /internal|timeout/.test(reason)))
      expect(broken).toEqual([])
      const views = texts.filter(({ kindGroup, outcome }) => kindGroup === 'relation' && outcome === 'resolved')
      const known = views.filter(({ catalogue }) => catalogue.length > 0)
      expect(known.map(({ asset, derived }) => [asset, derived])).toEqual(
        known.map(({ asset, catalogue }) => [asset, catalogue]),
      )
    })
  })
}
