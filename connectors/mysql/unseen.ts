import { type AssetRecord, quoteIdentifier } from '../kit/index.ts'
import { accountName } from './scopes.ts'
import type { Server } from './server.ts'

/** Texts of one sort: how many there are, and how many of them the server keeps to itself. */
export interface Texts {
  readonly all: number
  readonly hidden: number
}

/** Of what was listed, the texts of views and of everything that runs. */
export class TextCount {
  #views = { all: 0, hidden: 0 }
  #routines = { all: 0, hidden: 0 }

  add({ kind, properties }: AssetRecord): void {
    if (!['view', 'function', 'procedure', 'package', 'package body', 'library'].includes(kind)) return
    const texts = kind === 'view' ? this.#views : this.#routines
    texts.all += 1
    if (properties?.definitionHidden === true) texts.hidden += 1
  }

  get views(): Texts {
    return this.#views
  }

  get routines(): Texts {
    return this.#routines
  }
}

/** What the account does not see of these databases, each with the statement that would show it. */
export function unseenParts(
  server: Server,
  databases: readonly string[],
  { views, routines }: { readonly views: Texts; readonly routines: Texts },
): string[] {
  const account = accountName(server)
  const [only] = databases
  const place = databases.length === 1 && only !== undefined ? quoteIdentifier(only, '`') : '<database>'
  const sees = (...privileges: readonly string[]) => databases.every((name) => server.grants.has(name, ...privileges))
  const grantOnAll = (privilege: string) => `GRANT ${privilege} ON ${place}.* TO ${account}`
  const routineGrant = server.mariadb
    ? `GRANT SELECT ON mysql.proc TO ${account}`
    : `GRANT SHOW_ROUTINE ON *.* TO ${account}`
  return [
    ...hiddenTexts('view', views, `GRANT SELECT, SHOW VIEW ON ${place}.<view> TO ${account}`),
    ...hiddenTexts('routine', routines, routineGrant),
    ...(sees('TRIGGER') ? [] : [`triggers are not shown: ${grantOnAll('TRIGGER')}`]),
    ...(sees('EVENT') ? [] : [`events are not shown: ${grantOnAll('EVENT')}`]),
    ...(sees('EXECUTE', 'ALTER ROUTINE', 'SHOW_ROUTINE', 'SELECT') ? [] : [`routines are not shown: ${routineGrant}`]),
  ]
}

function hiddenTexts(noun: string, { all, hidden }: Texts, grant: string): string[] {
  return hidden === 0 ? [] : [`${hidden} of ${all} ${noun} texts are hidden: ${grant}`]
}
