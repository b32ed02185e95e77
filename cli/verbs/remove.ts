import { IngestError } from '../../model/errors.ts'
import { requireSourceHead } from '../../services/lookup.ts'
import { removeSource } from '../../services/sources.ts'
import type { Invocation } from '../invocation.ts'
import { confirm } from '../prompt.ts'
import { openSession } from '../session.ts'
import { count } from '../text.ts'

interface Options {
  readonly yes?: true
}

export async function run({ io, args, options, signal }: Invocation<Options>): Promise<undefined> {
  await using session = await openSession({ onStatus: io.note, signal })
  const [name = ''] = args
  await requireSourceHead(session, name)
  if (options.yes !== true) {
    if (!io.interactive) {
      throw new IngestError(
        'invalid_config',
        `removing ${name} takes its history of syncs and its assets out of the catalog`,
        {
          hint: 'Say so: tidemark remove --yes',
        },
      )
    }
    const sure = await confirm(`Remove ${name}, its history of syncs, and what only it has catalogued?`, false)
    if (!sure) throw new IngestError('cancelled', 'nothing was changed')
  }
  const { removedAssets } = await removeSource(await session.context({ temporal: true }), name)
  io.data({ source: { name }, removedAssets })
  io.print(`${name} is removed, and with it ${count(removedAssets, 'asset')}. Their versions and changes are kept.`)
}
