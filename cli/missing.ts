import { missingSettings, type Target } from '../services/target.ts'
import { ask, askSecret } from './prompt.ts'

/** Asks for what a config lacks: the settings it cannot do without, and a password where there may be one. */
export async function askMissing({ connector, config }: Target): Promise<void> {
  for (const { key, secret, about } of missingSettings(connector, config)) {
    const question = `${key} (${about.replace(/\.$/, '')})`
    const answer = secret ? await askSecret(question) : await ask(question)
    if (answer !== '') config[key] = answer
  }
}
