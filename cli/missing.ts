import { z } from 'zod'
import { type Connector, isSecret } from '../connectors/kit/index.ts'
import { ask, askSecret } from './prompt.ts'

/** Asks for what a config lacks: the settings it cannot do without, and a password where there may be one. */
export async function askMissing(connector: Connector, config: Record<string, unknown>): Promise<void> {
  const schema = connector.manifest.config
  const shape = schema instanceof z.ZodObject ? (schema.shape as Readonly<Record<string, z.ZodType>>) : {}
  const result = schema.safeParse(config)
  for (const issue of result.success ? [] : result.error.issues) {
    const [key] = issue.path
    if (issue.path.length !== 1 || typeof key !== 'string' || config[key] !== undefined) continue
    await askFor(config, key, shape[key], shape[key]?.description ?? issue.message)
  }
  if (shape.password !== undefined && config.password === undefined && config.url === undefined) {
    await askFor(config, 'password', shape.password, 'empty for none')
  }
}

async function askFor(
  config: Record<string, unknown>,
  key: string,
  schema: z.ZodType | undefined,
  about: string,
): Promise<void> {
  const question = `${key} (${about.replace(/\.$/, '')})`
  const answer = schema !== undefined && isSecret(schema) ? await askSecret(question) : await ask(question)
  if (answer !== '') config[key] = answer
}
