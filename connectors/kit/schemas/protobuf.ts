import type { FieldType } from '../../../model/types.ts'
import { MAX_DEPTH, type SchemaField } from './fields.ts'

const TYPES: Readonly<Record<string, FieldType>> = {
  double: 'float',
  float: 'float',
  int32: 'integer',
  int64: 'integer',
  uint32: 'integer',
  uint64: 'integer',
  sint32: 'integer',
  sint64: 'integer',
  fixed32: 'integer',
  fixed64: 'integer',
  sfixed32: 'integer',
  sfixed64: 'integer',
  bool: 'boolean',
  string: 'string',
  bytes: 'binary',
  'google.protobuf.Timestamp': 'timestamp',
  'google.protobuf.Duration': 'interval',
}

const TOKEN = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[A-Za-z_][\w.]*|-?\d[\w.]*|[^\s]/g

/** The fields of a file's messages, each under its message's name. https://protobuf.dev/reference/protobuf/proto3-spec/ */
export function readProtobufFields(text: string): SchemaField[] {
  const tokens = (text.match(TOKEN) ?? []).filter((token) => !token.startsWith('//') && !token.startsWith('/*'))
  return new Reader(tokens).file()
}

class Reader {
  readonly #tokens: readonly string[]
  #at = 0

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens
  }

  file(): SchemaField[] {
    const fields: SchemaField[] = []
    while (this.#at < this.#tokens.length) {
      if (this.#peek() === 'message') fields.push(...this.#message([]))
      else this.#statement()
    }
    return fields
  }

  #peek(ahead = 0): string | undefined {
    return this.#tokens[this.#at + ahead]
  }

  #next(): string {
    this.#at += 1
    return this.#tokens[this.#at - 1] ?? ''
  }

  #message(prefix: readonly string[]): SchemaField[] {
    this.#next()
    const path = [...prefix, this.#next()]
    const fields: SchemaField[] = [{ path, nativeType: 'message', type: 'struct', nullable: true }]
    if (this.#peek() === '{') this.#next()
    while (this.#peek() !== undefined && this.#peek() !== '}') fields.push(...this.#member(path))
    this.#next()
    return prefix.length >= MAX_DEPTH ? [] : fields
  }

  #member(path: readonly string[]): SchemaField[] {
    const word = this.#peek()
    if (word === 'message') return this.#message(path)
    if (word === 'oneof') return this.#oneof(path)
    if (word === 'map') return this.#map(path)
    if (/^(option|reserved|extensions|extend|enum|group|;)$/.test(word ?? '') && this.#peek(2) !== '=') {
      this.#statement()
      return []
    }
    return this.#field(path)
  }

  #oneof(path: readonly string[]): SchemaField[] {
    const fields: SchemaField[] = []
    while (this.#peek() !== undefined && this.#next() !== '{');
    while (this.#peek() !== undefined && this.#peek() !== '}') {
      fields.push(...this.#member(path).map((field) => ({ ...field, nullable: true })))
    }
    this.#next()
    return fields
  }

  #map(path: readonly string[]): SchemaField[] {
    let nativeType = ''
    while (this.#peek() !== undefined && !nativeType.endsWith('>')) nativeType += this.#next()
    const name = this.#next()
    this.#statement()
    return [{ path: [...path, name], nativeType: nativeType.replace(',', ', '), type: 'map', nullable: true }]
  }

  #field(path: readonly string[]): SchemaField[] {
    const label = /^(optional|required|repeated)$/.test(this.#peek() ?? '') ? this.#next() : undefined
    const type = this.#next()
    const name = this.#next()
    const known = this.#peek() === '='
    this.#statement()
    if (!known) return []
    return [
      {
        path: [...path, name],
        nativeType: label === undefined ? type : `${label} ${type}`,
        type: label === 'repeated' ? 'array' : (TYPES[type] ?? 'struct'),
        nullable: label !== 'required',
      },
    ]
  }

  /** Steps over a statement, and the block it may have. */
  #statement(): void {
    let depth = 0
    while (this.#peek() !== undefined) {
      if (depth === 0 && this.#peek() === '}') return
      const token = this.#next()
      if (token === '{') depth += 1
      if (token === '}') depth -= 1
      if (depth === 0 && (token === ';' || token === '}')) return
    }
  }
}
