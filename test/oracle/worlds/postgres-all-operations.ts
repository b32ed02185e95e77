import { OBJECT_OPERATIONS } from './postgres-object-operations.ts'
import { RELATION_OPERATIONS } from './postgres-operations.ts'
import type { Operation } from './postgres-scene.ts'
import { serverOperations } from './postgres-server-operations.ts'

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  ...RELATION_OPERATIONS,
  ...OBJECT_OPERATIONS,
  ...serverOperations,
}

/** Changes that build something up come more often, so that there is something to take down. */
const BUILDING = [
  ...[
    'create table',
    'create table',
    'create schema',
    'create view',
    'create view',
    'create materialized view',
    'create index',
  ],
  ...[
    'add column',
    'add foreign key',
    'add unique',
    'create partitioned table',
    'create partition',
    'create partition',
  ],
  ...['create enum', 'create domain', 'create function', 'set default', 'extend view', 'rename table', 'rename column'],
  ...[
    'create overload',
    'create parsed function',
    'create procedure',
    'create trigger function',
    'create trigger',
    'create policy',
    'create rule',
    'grant',
    'grant',
  ],
]
export const OPERATION_NAMES: readonly string[] = [...Object.keys(OPERATIONS), ...BUILDING, ...BUILDING]
