import type { SqlTexts } from '../kit/index.ts'

/**
 * What a view, a routine, a task or a pipe does not qualify is looked for in its own schema; so is what a procedure with its
 * owner's rights reads, which the catalogue does not tell from one with its caller's.
 * https://docs.snowflake.com/en/sql-reference/name-resolution
 */
export const sqlTexts: SqlTexts = {
  dialect: 'snowflake',
  // Handlers in other languages.
  opaque: ['javascript', 'java', 'python', 'scala'],
  defaults({ kind, path }) {
    const [database = '', schema = ''] = path
    return { database, schemas: [schema], ...(kind === 'procedure' ? { assumed: true } : {}) }
  },
  logDefaults: (scope, database) => ({ database: database ?? scope, schemas: ['PUBLIC'], assumed: true }),
  assetPath: (name) => (name.length === 3 ? name : undefined),
  isSystem: (name) => name.at(-2) === 'INFORMATION_SCHEMA' || name.at(-3) === 'SNOWFLAKE',
}
