import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { IngestError } from '../../model/errors.ts'
import { exportSources, SCHEMA_FILE } from '../../services/export.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'
import { schemaText } from './schema.ts'

interface Options {
  readonly force?: true
}

export async function run({ io, args, options, signal }: Invocation<Options>): Promise<undefined> {
  const [, file] = args
  if (file !== undefined && existsSync(file) && options.force !== true) {
    throw new IngestError('invalid_config', `${file} exists already`, { hint: 'Name another file, or say --force.' })
  }
  await using session = await openSession({ onStatus: io.note, signal })
  const text = await exportSources(await session.context())
  if (file === undefined) {
    io.data({ text })
    if (!io.json) io.write(text)
    return
  }
  write(file, text)
  const schema = join(dirname(file), SCHEMA_FILE)
  write(schema, await schemaText())
  io.data({ file, schema })
  io.print(`${file} is written; ${schema} beside it lets editors check it.`)
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch (cause) {
    throw new IngestError('invalid_config', `${path} cannot be written: ${(cause as Error).message}`, { cause })
  }
}
