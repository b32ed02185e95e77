import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { z } from 'zod'
import type { Environment } from '../connectors/reading.ts'
import { IngestError } from '../model/errors.ts'
import { type Settings, settingsSchema } from './settings-schema.ts'
import { openYaml } from './yaml-file.ts'

export type { Settings } from './settings-schema.ts'

/**
 * Reads temporal.yaml (TIDEMARK_CONFIG, ./temporal.yaml, the packaged default) under what the environment says.
 * @throws IngestError `invalid_config` with the file, line and column of what is wrong.
 */
export async function loadSettings(
  env: Environment = process.env,
  directory: string = process.cwd(),
): Promise<Settings> {
  const path = findFile(env, directory)
  const settings = path === undefined ? settingsSchema.parse({}) : await parseSettings(read(path), path, env)
  return applyEnvironment(settings, env)
}

function findFile(env: Environment, directory: string): string | undefined {
  const named = env.TIDEMARK_CONFIG
  if (named !== undefined && named !== '') return resolve(directory, named)
  // The packaged one lies beside the code in a clone, one folder up when published.
  const packaged = ['../temporal.yaml', '../../temporal.yaml'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  )
  return [resolve(directory, 'temporal.yaml'), ...packaged].find((path) => existsSync(path))
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new IngestError('invalid_config', `${path} cannot be read: ${(cause as Error).message}`, {
      hint: 'TIDEMARK_CONFIG names the settings file; unset it to use the default.',
      cause,
    })
  }
}

/** Settings from YAML text; `path` is for messages. */
export async function parseSettings(text: string, path: string, env: Environment = process.env): Promise<Settings> {
  const file = openYaml(text, path, `Mend ${path}; the temporal.yaml that comes with Tidemark shows every key.`)
  const result = settingsSchema.safeParse(await file.resolve(file.value ?? {}, settingsSchema, env))
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw file.issue(settingsSchema, issue as z.core.$ZodIssue)
}

/** Temporal Cloud's usual variables win over the file. */
function applyEnvironment(settings: Settings, env: Environment): Settings {
  const given = (name: string) => (env[name] === '' ? undefined : env[name])
  const address = given('TEMPORAL_ADDRESS') ?? settings.address
  const apiKey = given('TEMPORAL_API_KEY') ?? settings.apiKey
  const clientCert = given('TEMPORAL_TLS_CERT') ?? settings.tls?.clientCert
  const clientKey = given('TEMPORAL_TLS_KEY') ?? settings.tls?.clientKey
  const tls = {
    ...settings.tls,
    ...(clientCert === undefined ? {} : { clientCert }),
    ...(clientKey === undefined ? {} : { clientKey }),
  }
  return {
    ...settings,
    namespace: given('TEMPORAL_NAMESPACE') ?? settings.namespace,
    ...(address === undefined ? {} : { address }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
  }
}
