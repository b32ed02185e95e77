import type { ServiceContext } from '../../services/context.ts'
import { isNameTaken } from '../../services/lookup.ts'
import { addSource, refreshConfig } from '../../services/sources.ts'
import { readSourceStates } from '../../services/status.ts'
import { readTarget } from '../../services/target.ts'
import { makeSampleShop, makeSampleTills } from '../sample/index.ts'

/** Marks the sources of the sample company. */
const LABEL = 'sample'

const SHOP = { name: 'sample_shop', schedule: 'every 5m' }
const TILLS = { name: 'sample_tills', schedule: 'every 15m' }

/** Whether all that is configured is the sample, or nothing. */
export async function hasOnlySamples(context: ServiceContext): Promise<boolean> {
  const sources = await readSourceStates(context)
  return sources.every((source) => LABEL in source.labels)
}

/** Makes the sample company's databases and their sources, as far as they are missing. Returns the sources' names. */
export async function ensureSample(
  context: ServiceContext,
  options: { readonly home: string; readonly storeUrl: string; readonly note: (line: string) => void },
): Promise<readonly string[]> {
  const names: string[] = []
  const shopUrl = await makeSampleShop(options.storeUrl)
  if (shopUrl === undefined) {
    options.note(
      'sample: no sample shop, as the account in DATABASE_URL may not make one (to let it: ALTER ROLE … CREATEDB)',
    )
  } else names.push(await ensureSource(context, SHOP, shopUrl))
  names.push(await ensureSource(context, TILLS, makeSampleTills(options.home)))
  return names
}

async function ensureSource(context: ServiceContext, { name, schedule }: typeof SHOP, url: string): Promise<string> {
  const { connector, config } = readTarget(context.registry, url)
  if (await isNameTaken(context, name)) {
    // The embedded server may have another port than the last time.
    await refreshConfig(context, name, config)
    return name
  }
  await addSource(context, { name, connector: connector.manifest.type, config, schedule, labels: { [LABEL]: 'yes' } })
  return name
}
