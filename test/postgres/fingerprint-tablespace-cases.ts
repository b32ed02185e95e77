import type { Case } from './fingerprint-cases.ts'

const SPACE = 'space_@database'
const RENAMED = 'place_@database'
const storage = (name: string) => `storage:${name}`

/** On tablespaces, which belong to the whole server and are listed where something is in them. They leave none behind. */
export const TABLESPACE_CASES: readonly Case[] = [
  {
    name: 'a tablespace that nothing uses',
    ddl: `set allow_in_place_tablespaces = on; create tablespace ${SPACE} location ''`,
    changes: [],
    gate: 'still',
  },
  {
    name: 'a table in a tablespace',
    ddl: `create table app.far (id integer) tablespace ${SPACE}`,
    changes: ['far', storage(SPACE)],
  },
  { name: 'move a table to a tablespace', ddl: `alter table app.diary set tablespace ${SPACE}`, changes: ['diary'] },
  { name: 'comment on a tablespace', ddl: `comment on tablespace ${SPACE} is 'Fast'`, changes: [storage(SPACE)] },
  {
    name: 'options of a tablespace',
    ddl: `alter tablespace ${SPACE} set (seq_page_cost = 3)`,
    changes: [storage(SPACE)],
  },
  {
    name: 'rights on a tablespace',
    ddl: `grant create on tablespace ${SPACE} to @other`,
    changes: [storage(SPACE)],
  },
  { name: 'its owner', ddl: `alter tablespace ${SPACE} owner to @owner`, changes: [storage(SPACE)] },
  {
    name: 'rename a tablespace',
    ddl: `alter tablespace ${SPACE} rename to ${RENAMED}`,
    changes: ['far', 'diary', storage(SPACE), storage(RENAMED)],
  },
  {
    name: 'empty a tablespace',
    ddl: 'alter table app.diary set tablespace pg_default; drop table app.far',
    changes: ['far', 'diary', storage(RENAMED)],
  },
  { name: 'drop a tablespace', ddl: `drop tablespace ${RENAMED}`, changes: [] },
]
