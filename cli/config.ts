import { text } from 'node:stream/consumers'
import { IngestError } from '../model/errors.ts'
import { setConfigValue, type Target } from '../services/target.ts'

/** How a command line adds to what a URL says. */
export interface ConfigOptions {
  readonly set: readonly string[]
  readonly passwordEnv?: string
  readonly passwordStdin?: true
}

/** The config of a target with the command line's settings in it. */
export async function configOptions(target: Target, options: ConfigOptions): Promise<Record<string, unknown>> {
  const config = structuredClone(target.config)
  for (const assignment of options.set) setConfigValue(config, assignment)
  if (options.passwordEnv !== undefined) {
    if (process.env[options.passwordEnv] === undefined) {
      throw new IngestError('invalid_config', `the environment variable ${options.passwordEnv} is not set`, {
        hint: 'It must be set for the worker too: the store keeps its name, not its value.',
      })
    }
    config.password = `\${env:${options.passwordEnv}}`
  }
  if (options.passwordStdin === true) config.password = (await text(process.stdin)).replace(/\r?\n$/, '')
  return config
}
