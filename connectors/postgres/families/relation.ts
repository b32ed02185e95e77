import { relationsOf } from '../queries/describe.sql.ts'
import { relationStamps } from '../queries/fingerprint.sql.ts'
import { type RelationRow, relationRecord } from '../records.ts'
import { defineFamily, selected } from './family.ts'

/** Tables, partitions, views and whatever else is queried like them. */
export const relation = defineFamily<RelationRow>({
  prefix: 'rel',
  group: 'relation',
  inSchemas: true,
  stamps: (selection) => {
    const names = 'relations' in selection ? selection.relations : 'true'
    return relationStamps(`${selected(selection, 'c.oid', 'c.relnamespace')} and ${names}`)
  },
  rows: (oids) => relationsOf(oids),
  record: (row, place, book) => relationRecord(row, book, place),
})
