import { loadConnectors } from '../../services/connectors.ts'
import { loadSettings } from '../../services/settings.ts'
import { buildSourceFileSchema } from '../../services/source-file-schema.ts'
import type { Invocation } from '../invocation.ts'

export async function run({ io }: Invocation): Promise<undefined> {
  io.write(await schemaText())
}

/** The JSON Schema of tidemark.yaml, with the connectors that temporal.yaml names. */
export async function schemaText(): Promise<string> {
  const schema = buildSourceFileSchema(await loadConnectors(await loadSettings()))
  return `${JSON.stringify(schema, undefined, 2)}\n`
}
