import { createHash } from 'node:crypto'
import type { Row } from './session.ts'

/** What the account may do, as `show grants` tells it, roles that are active included. */
export interface Grants {
  /** Whether it has one of these privileges on all of a database, or on everything. */
  has(database: string, ...privileges: readonly string[]): boolean
  /** Digest of what bears on a database: it moves when rights on it are given or taken. */
  digest(database: string): string
}

interface Grant {
  readonly line: string
  readonly privileges: ReadonlySet<string>
  /** Undefined for one on everything; a pattern, of `like`, of databases. */
  readonly pattern: string | undefined
  /** Whether it is on less than the whole database. */
  readonly narrow: boolean
  readonly revoked: boolean
}

export function readGrants(rows: readonly Row[]): Grants {
  const lines = rows.map((row) => withoutSecrets(String(Object.values(row)[0])))
  const grants = lines.flatMap((line) => parseGrant(line) ?? [])
  const bearingOn = (database: string) =>
    grants.filter(({ pattern }) => pattern === undefined || fitsPattern(pattern, database))
  return {
    has(database, ...wanted) {
      const found = bearingOn(database).filter(({ narrow }) => !narrow)
      const holds = ({ privileges }: Grant) =>
        privileges.has('ALL PRIVILEGES') || wanted.some((name) => privileges.has(name))
      return (
        found.some((grant) => !grant.revoked && holds(grant)) && !found.some((grant) => grant.revoked && holds(grant))
      )
    },
    digest(database) {
      const bearing = bearingOn(database).map(({ line }) => line)
      return createHash('sha256').update(bearing.sort().join('\n')).digest('hex')
    },
  }
}

/** MariaDB shows how the account signs in. */
function withoutSecrets(line: string): string {
  return line.replace(/ IDENTIFIED (?:BY|VIA) [\s\S]*$/, '')
}

const GRANT =
  /^(GRANT|REVOKE) ([\s\S]+?) ON (?:(?:TABLE|FUNCTION|PROCEDURE|PACKAGE|PACKAGE BODY) )?(\*|`(?:[^`]|``)+`)\.(\*|`(?:[^`]|``)+`) (?:TO|FROM) /

/** Undefined for what grants no right on anything: roles, proxies. */
function parseGrant(line: string): Grant | undefined {
  const [, verb, privileges = '', database = '*', object] = GRANT.exec(line) ?? []
  if (verb === undefined) return undefined
  return {
    line,
    // Of columns only the privilege counts: `SELECT (a, b)`.
    privileges: new Set(privileges.replaceAll(/ \([^)]*\)/g, '').split(/, /)),
    pattern: database === '*' ? undefined : database.slice(1, -1).replaceAll('``', '`'),
    narrow: object !== '*',
    revoked: verb === 'REVOKE',
  }
}

/** `_` and `%` stand for any character and any text unless a backslash precedes them. */
export function fitsPattern(pattern: string, name: string): boolean {
  if (pattern === name) return true
  const expression = pattern.replaceAll(/\\([\s\S])|([%_])|([\s\S])/gu, (_, escaped, wildcard, plain) => {
    if (wildcard === '%') return '[^]*'
    if (wildcard === '_') return '[^]'
    return String(escaped ?? plain).replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&')
  })
  return new RegExp(`^${expression}$`, 'u').test(name)
}
