import type { Case } from './fingerprint-cases.ts'

export const fn = (name: string) => `routine:${name}`
export const WORK = fn('work(integer)')
export const LABELS = fn('labels(app.mood)')
export const LATEST = fn('latest(text)')
export const JOINED = fn('joined()')
export const ADD = fn('plus(integer, integer)')

/** Triggers, policies, rules, statistics objects and grants. */
export const FACET_CASES: readonly Case[] = [
  { name: 'disable a trigger', ddl: 'alter table app.orders disable trigger logged', changes: ['orders'] },
  { name: 'enable it always', ddl: 'alter table app.orders enable always trigger logged', changes: ['orders'] },
  { name: 'comment on a trigger', ddl: "comment on trigger logged on app.orders is 'Keeps book'", changes: ['orders'] },
  { name: 'rename a trigger', ddl: 'alter trigger logged on app.orders rename to kept', changes: ['orders'] },
  {
    name: 'rename its function',
    ddl: 'alter function lib.log() rename to keep',
    changes: ['orders', fn('lib.log()'), fn('lib.keep()')],
  },
  { name: 'drop a trigger', ddl: 'drop trigger kept on app.orders', changes: ['orders'] },
  { name: 'enable row security', ddl: 'alter table app.orders enable row level security', changes: ['orders'] },
  { name: 'force row security', ddl: 'alter table app.orders force row level security', changes: ['orders'] },
  {
    name: 'change the roles of a policy',
    ddl: 'alter policy visible on app.orders to @owner, @other',
    changes: ['orders'],
  },
  { name: 'change a policy', ddl: "alter policy visible on app.orders with check (note <> '')", changes: ['orders'] },
  { name: 'comment on a policy', ddl: "comment on policy visible on app.orders is 'Own rows'", changes: ['orders'] },
  { name: 'rename a policy', ddl: 'alter policy visible on app.orders rename to seen', changes: ['orders'] },
  {
    name: 'rename a role in a policy',
    ddl: 'alter role @owner rename to @renamed',
    changes: ['orders', 'principal:@owner', 'principal:@renamed', 'type:temper', fn('permitted(text)')],
    falsePositives: ['type:pair'],
  },
  {
    name: 'rename it back',
    ddl: 'alter role @renamed rename to @owner',
    changes: ['orders', 'principal:@owner', 'principal:@renamed', 'type:temper', fn('permitted(text)')],
    falsePositives: ['type:pair'],
  },
  {
    name: 'rename a column that a policy reads elsewhere',
    ddl: 'alter table app.log rename column what to text',
    changes: ['log', 'orders', LATEST],
    falsePositives: [JOINED],
  },
  {
    name: 'rename the table that a rule writes',
    ddl: 'alter table app.log rename to journal',
    changes: ['log', 'journal', 'orders', LATEST, JOINED],
  },
  { name: 'disable a rule', ddl: 'alter table app.orders disable rule noted', changes: ['orders'] },
  { name: 'comment on a rule', ddl: "comment on rule noted on app.orders is 'Noted'", changes: ['orders'] },
  { name: 'rename a rule', ddl: 'alter rule noted on app.orders rename to written', changes: ['orders'] },
  { name: 'drop a rule', ddl: 'drop rule written on app.orders', changes: ['orders'] },
  {
    name: 'a rule on a view',
    ddl: 'create rule ignored as on delete to app.open do instead nothing',
    changes: ['open'],
  },
  { name: 'drop a policy', ddl: 'drop policy seen on app.orders', changes: ['orders'] },
  { name: 'rename a statistics object', ddl: 'alter statistics app.together rename to paired', changes: ['orders'] },
  { name: 'its target', ddl: 'alter statistics app.paired set statistics 50', changes: ['orders'] },
  { name: 'move it', ddl: 'alter statistics app.paired set schema lib', changes: ['orders'] },
  { name: 'comment on it too', ddl: "comment on statistics lib.paired is 'Both'", changes: ['orders'] },
  { name: 'owner of it', ddl: 'alter statistics lib.paired owner to @owner', changes: ['orders'] },
  { name: 'drop it', ddl: 'drop statistics lib.paired', changes: ['orders'] },
  {
    name: 'grant with grant option',
    ddl: 'grant select, insert on app.orders to @other with grant option',
    changes: ['orders'],
  },
  {
    name: 'revoke the grant option',
    ddl: 'revoke grant option for select on app.orders from @other',
    changes: ['orders'],
  },
  { name: 'grant columns', ddl: 'grant update (note, status) on app.orders to public', changes: ['orders'] },
  {
    name: 'rename a grantee',
    ddl: 'alter role @other rename to @renamed',
    changes: ['orders', 'principal:@other', 'principal:@renamed', fn('permitted(text)')],
  },
  {
    name: 'and back again',
    ddl: 'alter role @renamed rename to @other',
    changes: ['orders', 'principal:@other', 'principal:@renamed', fn('permitted(text)')],
  },
  {
    name: 'revoke all',
    ddl: 'revoke all on app.orders from @other; revoke update (note, status) on app.orders from public',
    changes: ['orders'],
  },
  { name: 'an owner gives up a right', ddl: 'revoke delete on app.orders from current_user', changes: ['orders'] },
  { name: 'and takes it back', ddl: 'grant delete on app.orders to current_user', changes: ['orders'] },
  { name: 'grant on a view', ddl: 'grant select on app.open to public', changes: ['open'] },
  { name: 'grant on a schema', ddl: 'grant usage, create on schema lib to @other', changes: ['#lib'] },
  { name: 'grant on the database', ddl: 'grant temporary on database @database to @other', changes: ['#'] },
  {
    name: 'default privileges of a schema',
    ddl: 'alter default privileges in schema app grant select on tables to @other',
    changes: ['#app'],
  },
  {
    name: 'default privileges of a role',
    ddl: 'alter default privileges for role @owner grant execute on functions to @other',
    changes: ['#'],
  },
  {
    name: 'take them back',
    ddl: 'alter default privileges in schema app revoke select on tables from @other',
    changes: ['#app'],
  },
]
