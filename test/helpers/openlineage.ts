import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'vitest'

const SCHEMAS = new URL('../fixtures/openlineage/', import.meta.url)

/** Validates an event and each of its facets against the schemas they name. */
export function createEventValidator(): (event: LineageEvent) => void {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
  ajv.addFormat('uri', { validate: (text: string) => /^[\x21-\x7e]+$/.test(text) && URL.canParse(text) })
  ajv.addFormat('uuid', /^[0-9a-f-]{36}$/)
  const files = readdirSync(SCHEMAS).filter((name) => name.endsWith('.json'))
  for (const name of files) ajv.addSchema(JSON.parse(readFileSync(new URL(name, SCHEMAS), 'utf8')))
  const check = (ref: string, value: unknown) => {
    const validate = ajv.getSchema(ref)
    expect(validate, ref).toBeDefined()
    validate?.(value)
    expect(validate?.errors ?? [], JSON.stringify(value)).toEqual([])
  }
  return (event) => {
    check(event.schemaURL, event)
    check('https://openlineage.io/spec/2-0-2/OpenLineage.json', event)
    const holders = [event.job, event.dataset, ...(event.inputs ?? []), ...(event.outputs ?? [])]
    for (const holder of holders)
      for (const facet of Object.values(holder?.facets ?? {})) check(facet._schemaURL, facet)
  }
}

interface Named {
  readonly namespace: string
  readonly name: string
  // biome-ignore lint/suspicious/noExplicitAny: the schemas say what is in them
  readonly facets?: Readonly<Record<string, any>>
}

export interface LineageEvent {
  readonly schemaURL: string
  readonly eventTime: string
  readonly producer: string
  readonly job?: Named
  readonly dataset?: Named
  readonly inputs?: readonly Named[]
  readonly outputs?: readonly Named[]
}

export const readEvents = (text: string): readonly LineageEvent[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
