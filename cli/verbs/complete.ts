import { readRuntimeFile, tidemarkHome } from '../../runtime/home.ts'
import { loadConnectors } from '../../services/connectors.ts'
import { DEFAULT_ORGANIZATION } from '../../services/context.ts'
import { loadSettings } from '../../services/settings.ts'
import { listSourceNames, storeUrl } from '../../services/store.ts'
import type { Invocation } from '../invocation.ts'

/** What the completion scripts ask for while somebody types: nothing is started for it, and nothing said that is wrong. */
export async function run({ io, args }: Invocation): Promise<undefined> {
  const [what] = args
  const words = await (what === 'connectors' ? listConnectors() : listSources()).catch(() => [])
  if (words.length > 0) io.write(`${words.join('\n')}\n`)
}

async function listConnectors(): Promise<readonly string[]> {
  return (await loadConnectors(await loadSettings())).types
}

async function listSources(): Promise<readonly string[]> {
  const url = (await storeUrl()) ?? (await readRuntimeFile(tidemarkHome()))?.databaseUrl
  return url === undefined ? [] : await listSourceNames(url, DEFAULT_ORGANIZATION)
}
