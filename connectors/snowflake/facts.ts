import {
  compareNames,
  displayName,
  type FacetRecord,
  type GrantRow,
  grantFacets,
  type Json,
  nameKey,
  toldOf,
} from '../kit/index.ts'
import { type Entry, isYes, text } from './entries.ts'

const FACTS = new Set(['grant', 'tag', 'policy', 'clone'])

/** Whether an entry is about an object, rather than one. */
export function isFact({ kind }: Entry): boolean {
  return FACTS.has(kind)
}

/** Relations are called by their kind in some places and TABLE in others. */
function classOf(type: string): string {
  const words = type.replaceAll('_', ' ').toLowerCase()
  return /^(column|view|materialized view|(?:\w+ )?table)$/.test(words) ? 'relation' : words
}

/** Of the facts under a name, those about one object of that name. */
export function factsAbout(object: Entry, entries: readonly Entry[]): readonly Entry[] {
  const own = classOf(object.kind === 'table' ? 'table' : object.kind)
  const signature = text(object.body, 'arguments')
  return entries
    .filter((entry) => isFact(entry) && classOf(entry.type) === own && fitsSignature(entry, object.name, signature))
    .sort((left, right) => compareNames(orderOf(left), orderOf(right)))
}

const orderOf = ({ kind, body }: Entry) => `${kind} ${JSON.stringify(Object.entries(body).sort())}`

/** Rights on `F(NUMBER, VARCHAR):VARCHAR` are those of one overload; rights on `F` alone may be any one's. */
function fitsSignature({ body }: Entry, name: string, signature: string | undefined): boolean {
  const named = text(body, 'name')
  if (signature === undefined || named === undefined || !named.includes('(')) return true
  return named.slice(name.length).replace(/\).*$/, ')').replaceAll(' ', '') === typesOf(signature).replaceAll(' ', '')
}

/** `(A NUMBER, B VARCHAR)` without the names: `(NUMBER, VARCHAR)`. Types may hold commas: `NUMBER(10,2)`. */
export function typesOf(signature: string): string {
  const inner = signature.trim().replace(/^\(|\)$/g, '')
  const parts = inner === '' ? [] : splitOutside(inner)
  return `(${parts.map((part) => part.trim().replace(/^("(?:[^"]|"")*"|\S+)\s+/, '')).join(', ')})`
}

/** Cuts at the commas that are in no brackets and no quotes. */
export function splitOutside(list: string): string[] {
  const parts = ['']
  let depth = 0
  let quoted = false
  for (const character of list) {
    if (character === '"') quoted = !quoted
    else if (!quoted && character === '(') depth += 1
    else if (!quoted && character === ')') depth -= 1
    if (character === ',' && depth === 0 && !quoted) parts.push('')
    else parts[parts.length - 1] += character
  }
  return parts
}

/** Grants, tags and policies of an object, as facets; those of its columns are in the columns' properties. */
export function factFacets(facts: readonly Entry[]): FacetRecord[] {
  const grants = facts.filter(({ kind }) => kind === 'grant').map(toGrant)
  const others = facts.filter(
    ({ kind, body }) => kind !== 'grant' && kind !== 'clone' && text(body, 'column') === undefined,
  )
  return [
    ...grantFacets(grants),
    ...others.map(({ kind, body }) => (kind === 'tag' ? tagFacet(body) : policyFacet(body))),
  ]
}

function toGrant({ body }: Entry): GrantRow {
  const grantee = text(body, 'grantee') ?? ''
  const to = (text(body, 'to') ?? 'ROLE').replaceAll('_', ' ')
  return [
    to === 'ROLE' ? grantee : `${to.toLowerCase()} ${grantee}`,
    text(body, 'privilege') ?? '',
    isYes(body.grantable),
  ]
}

const tagName = (body: Entry['body']) => nameOf(body, 'tagDatabase', 'tagSchema', 'tag')
const policyName = (body: Entry['body']) => nameOf(body, 'policyDatabase', 'policySchema', 'policy')

function nameOf(body: Entry['body'], ...keys: readonly string[]): string {
  return displayName(keys.flatMap((key) => text(body, key) ?? []))
}

function tagFacet(body: Entry['body']): FacetRecord {
  const { value, method } = body
  return { kind: 'tag', name: tagName(body), body: toldOf({ value, method }) }
}

function policyFacet(body: Entry['body']): FacetRecord {
  const name = policyName(body)
  return {
    kind: policyKind(body),
    name,
    body: toldOf({ policy: name, arguments: body.arguments, status: body.status, throughTag: body.throughTag }),
  }
}

/** `MASKING_POLICY` and `ROW_ACCESS_POLICY` in words. */
function policyKind(body: Entry['body']): string {
  return (text(body, 'kind') ?? 'policy').replaceAll('_', ' ').toLowerCase()
}

/** What tags and policies say of each column of a relation. */
export function columnFacts(facts: readonly Entry[]): (column: string) => Readonly<Record<string, Json>> {
  const byColumn = Map.groupBy(
    facts.filter(({ body }) => text(body, 'column') !== undefined),
    ({ body }) => text(body, 'column') ?? '',
  )
  return (column) => {
    const own = byColumn.get(column) ?? []
    const tags = own.filter(({ kind }) => kind === 'tag')
    const policies = own.filter(({ kind }) => kind === 'policy')
    return {
      ...(tags.length === 0
        ? {}
        : { tags: Object.fromEntries(tags.map(({ body }) => [tagName(body), body.value ?? ''])) }),
      ...Object.fromEntries(policies.map(({ body }) => [camel(policyKind(body)), policyName(body)])),
    }
  }
}

const camel = (words: string) => words.replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase())

/** The key of an object other than a relation or a container: names of other families may be the same. */
export function objectKey(path: readonly string[], group: string): string {
  return nameKey([...path, group])
}
