/** A right as PostgreSQL writes it, `grantee=privileges/grantor`, read without the server's help. */
const PRIVILEGES: Readonly<Record<string, string>> = {
  r: 'SELECT',
  a: 'INSERT',
  w: 'UPDATE',
  d: 'DELETE',
  D: 'TRUNCATE',
  x: 'REFERENCES',
  t: 'TRIGGER',
  m: 'MAINTAIN',
  X: 'EXECUTE',
  U: 'USAGE',
  C: 'CREATE',
  c: 'CONNECT',
  T: 'TEMPORARY',
}

export interface Right {
  readonly grantee: string
  readonly privileges: readonly string[]
  readonly grantable?: readonly string[]
}

/** The rights of all but the owner, sorted by grantee. */
export function readAcl(items: readonly string[], owner: string): Right[] {
  const rights = items.map(readItem).filter(({ grantee }) => grantee !== owner)
  return rights.sort((left, right) => Buffer.compare(Buffer.from(left.grantee), Buffer.from(right.grantee)))
}

function readItem(item: string): Right {
  const match = /^(?:"((?:[^"]|"")*)"|([^"=]*))=([a-zA-Z*]*)\//su.exec(item)
  if (match === null) throw new Error(`not a right: ${item}`)
  const name = match[1]?.replaceAll('""', '"') ?? match[2]
  const letters = [...(match[3] ?? '').matchAll(/([a-zA-Z])(\*?)/g)]
  const spelled = (list: typeof letters) => list.map(([, letter = '']) => PRIVILEGES[letter] ?? letter).sort()
  const grantable = spelled(letters.filter(([, , star]) => star === '*'))
  return {
    grantee: name === '' || name === undefined ? 'public' : name,
    privileges: spelled(letters),
    ...(grantable.length === 0 ? {} : { grantable }),
  }
}
