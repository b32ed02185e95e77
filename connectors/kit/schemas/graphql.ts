import type { FieldType } from '../../../model/types.ts'
import type { SchemaField } from './fields.ts'

const TYPES: Readonly<Record<string, FieldType>> = {
  Int: 'integer',
  Float: 'float',
  String: 'string',
  Boolean: 'boolean',
  ID: 'string',
  Date: 'date',
  DateTime: 'timestamp',
  JSON: 'json',
}

const TOKEN = /#[^\n]*|"""[\s\S]*?"""|"(?:[^"\\]|\\.)*"|[A-Za-z_]\w*|[^\s,]/g

/** The fields of the types that an SDL document defines, each under its type's name. https://spec.graphql.org/October2021/ */
export function readGraphqlFields(text: string): SchemaField[] {
  const tokens = (text.match(TOKEN) ?? []).filter((token) => !token.startsWith('#'))
  const fields: SchemaField[] = []
  for (let at = 0; at < tokens.length; at += 1) {
    if (!/^(type|input|interface)$/.test(tokens[at] ?? '') || !/^\w+$/.test(tokens[at + 1] ?? '')) continue
    const name = tokens[at + 1] as string
    const comment = comments(tokens[at - 1])
    fields.push({ path: [name], nativeType: tokens[at] as string, type: 'struct', nullable: true, comment })
    while (at < tokens.length && tokens[at] !== '{' && !(at > 0 && tokens[at] === '}')) at += 1
    at = readBlock(tokens, at + 1, name, fields)
  }
  return fields
}

function readBlock(tokens: readonly string[], start: number, owner: string, fields: SchemaField[]): number {
  let at = start
  let comment: string | undefined
  while (at < tokens.length && tokens[at] !== '}') {
    const token = tokens[at] as string
    if (token.startsWith('"')) {
      comment = comments(token)
      at += 1
      continue
    }
    const colon = tokens[at + 1] === '(' ? afterParentheses(tokens, at + 1) : at + 1
    if (!/^\w+$/.test(token) || tokens[colon] !== ':') {
      at += 1
      continue
    }
    const { type, end } = readType(tokens, colon + 1)
    fields.push({ path: [owner, token], nativeType: type, ...kindOf(type), comment })
    comment = undefined
    at = end
  }
  return at
}

function afterParentheses(tokens: readonly string[], start: number): number {
  let depth = 0
  for (let at = start; at < tokens.length; at += 1) {
    if (tokens[at] === '(') depth += 1
    if (tokens[at] === ')') depth -= 1
    if (depth === 0) return at + 1
  }
  return tokens.length
}

function readType(tokens: readonly string[], start: number): { readonly type: string; readonly end: number } {
  let at = start
  let depth = 0
  let type = ''
  while (at < tokens.length) {
    const token = tokens[at] as string
    if (token === '[') depth += 1
    else if (token === ']') depth -= 1
    else if (token !== '!' && (!/^\w+$/.test(token) || (type !== '' && depth === 0))) break
    type += token
    at += 1
    if (depth === 0 && /[\w\]]$/.test(type) && tokens[at] !== '!') break
  }
  return { type, end: Math.max(at, start + 1) }
}

function kindOf(type: string): Pick<SchemaField, 'type' | 'nullable'> {
  const nullable = !type.endsWith('!')
  if (type.startsWith('[')) return { type: 'array', nullable }
  return { type: TYPES[type.replace('!', '')] ?? 'unknown', nullable }
}

function comments(token: string | undefined): string | undefined {
  if (token === undefined || !token.startsWith('"')) return undefined
  return token.replace(/^"+|"+$/g, '').trim()
}
