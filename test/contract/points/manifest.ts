import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { validateConfig } from '../../../connectors/config.ts'
import { type Connector, isSecret, PROTOCOL_VERSION } from '../../../connectors/kit/index.ts'
import { loadRegistry } from '../../../connectors/registry.ts'
import { KIND_GROUPS } from '../../../model/records.ts'
import { type ContractHarness, README_HEADINGS } from '../harness.ts'
import { importAlone, packagesOf } from '../imports.ts'

/** What a form, the CLI and the documentation can make something of. */
const KEYWORDS = new Set(
  `$schema type properties required additionalProperties enum const anyOf allOf not items default description title format
   pattern minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum minItems maxItems propertyNames`.split(
    /\s+/,
  ),
)
const SECRET_NAME = /passw|secret|token|api_?key|private_?key|ssl_?key|credential/i

/** Points 1 to 3: what the connector says of itself. */
export function testManifest(connector: Connector, harness: ContractHarness): void {
  const unpublished = harness.published ? '' : ' (not for a connector of the tests alone)'
  const { manifest } = connector
  const folder = new URL(`../../../connectors/${manifest.type}/`, import.meta.url)

  describe('1. manifest', () => {
    test('declares its kinds once, with known groups and levels', () => {
      expect(manifest.protocol).toBe(PROTOCOL_VERSION)
      expect(manifest.version).toMatch(/^\d+\.\d+\.\d+/)
      const names = manifest.kinds.map((kind) => kind.kind)
      expect(new Set(names).size).toBe(names.length)
      for (const { group, levels } of manifest.kinds) {
        expect(KIND_GROUPS).toContain(group)
        expect(levels.length).toBeGreaterThan(0)
      }
    })

    test('its config is a strict object of plain keywords, with descriptions and secrets marked', () => {
      const schema = z.toJSONSchema(manifest.config, { io: 'input' })
      expect(schema.additionalProperties).toBe(false)
      expect(keywordsOf(schema).filter((word) => !KEYWORDS.has(word))).toEqual([])
      const { shape } = manifest.config as unknown as z.ZodObject
      const unmarked = Object.keys(shape).filter((key) => SECRET_NAME.test(key) && !isSecret(shape[key] as z.ZodType))
      expect(unmarked).toEqual([])
    })

    test.skipIf(!harness.published)(`its type is its folder, and the registry has it${unpublished}`, async () => {
      const module = (await import(new URL('index.ts', folder).href)) as { default: Connector }
      expect(module.default).toBe(connector)
      expect((await loadRegistry()).get(manifest.type)).toBe(connector)
    })

    test.skipIf(!harness.published)(`its README has every heading${unpublished}`, async () => {
      const text = await readFile(new URL('README.md', folder), 'utf8')
      const headings = [...text.matchAll(/^## (.+)$/gm)].map((match) => match[1]?.trim())
      expect(headings.filter((heading) => README_HEADINGS.includes(heading as never))).toEqual([...README_HEADINGS])
    })
  })

  describe('2. importing it', () => {
    test.skipIf(!harness.published)(`loads no driver${unpublished}`, async () => {
      for (const file of ['manifest.ts', 'index.ts']) {
        const { type, loaded } = await importAlone(new URL(file, folder).href)
        expect(type).toBe(manifest.type)
        expect(packagesOf(loaded)).toEqual(['zod'])
        expect(loaded.filter((url) => harness.drivers?.includes(url))).toEqual([])
      }
    })
  })

  describe('3. config', () => {
    test('the example is valid, and each required field names its path when it is missing', async () => {
      const restore = setReferences(manifest.example)
      try {
        await validateConfig(connector, manifest.example)
        let required = 0
        for (const key of Object.keys(manifest.example)) {
          const { [key]: _, ...rest } = manifest.example
          const message = await messageOf(validateConfig(connector, rest))
          if (message === undefined) continue
          required += 1
          expect(message).toContain(key)
        }
        expect(required, 'required fields of the example').toBeGreaterThan(0)
      } finally {
        restore()
      }
    })

    test('an unknown key is refused, with the one that was probably meant', async () => {
      const [known = ''] = Object.keys(manifest.example)
      const typo = `${known}x`
      const restore = setReferences(manifest.example)
      try {
        const message = await messageOf(validateConfig(connector, { ...manifest.example, [typo]: 1 }))
        expect(message).toContain(`unknown key ${typo} (did you mean ${known}?)`)
      } finally {
        restore()
      }
    })
  })
}

function keywordsOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  if (Array.isArray(schema)) return schema.flatMap(keywordsOf)
  return Object.entries(schema).flatMap(([word, value]) => {
    if (word === 'properties') return [word, ...Object.values(value as object).flatMap(keywordsOf)]
    if (word === 'default' || word === 'enum' || word === 'const') return [word]
    return [word, ...keywordsOf(value)]
  })
}

/** Sets the environment variables that an example refers to. */
function setReferences(example: unknown): () => void {
  const names = [...JSON.stringify(example).matchAll(/\$\{env:([^}]+)\}/g)].map((match) => match[1] as string)
  const before = names.map((name) => [name, process.env[name]] as const)
  for (const name of names) process.env[name] = 'a value'
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}

async function messageOf(action: Promise<void>): Promise<string | undefined> {
  return await action.then(
    () => undefined,
    (error: Error) => error.message,
  )
}
