import { asObject, asText, type ForeignText, type NamePath, type SqlTexts } from '../kit/index.ts'

/** Each file is read as its record says: by the mapping of the source's config that fitted it. */
export const sqlTexts: SqlTexts = {
  dialect: 'generic',
  defaults: () => ({}),
  assetPath: () => undefined,
  foreign({ properties }): ForeignText {
    const reading = asObject(properties.sql)
    const namespace = asText(reading?.namespace)
    const database = asText(reading?.database)
    const schemas = names(reading?.schemas)
    const target = names(reading?.target)
    const manifest = asObject(reading?.manifest)
    return {
      origin: 'code',
      dialect: asText(reading?.dialect) ?? 'generic',
      ...(namespace === undefined ? {} : { namespace }),
      defaults: {
        ...(database === undefined ? {} : { database }),
        ...(schemas === undefined ? {} : { schemas }),
      },
      ...(target === undefined ? {} : { target }),
      ...(manifest === undefined ? {} : { manifest: { refs: paths(manifest.refs), sources: paths(manifest.sources) } }),
    }
  },
}

function names(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.length > 0 ? value.map(String) : undefined
}

function paths(value: unknown): Record<string, NamePath> {
  return Object.fromEntries(Object.entries(asObject(value) ?? {}).map(([key, path]) => [key, names(path) ?? [key]]))
}
