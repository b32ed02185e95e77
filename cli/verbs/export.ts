import { once } from 'node:events'
import { createWriteStream, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { finished } from 'node:stream/promises'
import { IngestError } from '../../model/errors.ts'
import { exportSources, SCHEMA_FILE } from '../../services/export.ts'
import { exportOpenLineage } from '../../services/openlineage/export.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'
import { count } from '../text.ts'
import { readVersion } from '../version.ts'
import { schemaText } from './schema.ts'

interface Options {
  readonly force?: true
  readonly source?: string
}

export async function run(invocation: Invocation<Options>): Promise<undefined> {
  const { io, args, options, signal } = invocation
  const [what, file] = args
  if (file !== undefined && existsSync(file) && options.force !== true) {
    throw new IngestError('invalid_config', `${file} exists already`, { hint: 'Name another file, or say --force.' })
  }
  if (what === 'openlineage') return await runOpenLineage(invocation)
  if (options.source !== undefined) {
    throw new IngestError('invalid_config', '--source goes with openlineage', {
      hint: 'export sources writes them all.',
    })
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

/** A line for each event; to a file by way of another beside it, so that it is whole or not there. */
async function runOpenLineage({ io, args, options, signal }: Invocation<Options>): Promise<undefined> {
  await using session = await openSession({ onStatus: io.note, signal })
  const [, file] = args
  const wish = { version: readVersion(), ...(options.source === undefined ? {} : { source: options.source }) }
  if (file === undefined) {
    await exportOpenLineage(session, { ...wish, write: io.send })
    return
  }
  const events = await writeWhole(file, async (write) => await exportOpenLineage(session, { ...wish, write }))
  io.data({ file, events })
  io.print(`${file} is written: ${count(events, 'event')}, one a line.`)
}

async function writeWhole<T>(file: string, work: (write: (text: string) => Promise<void>) => Promise<T>): Promise<T> {
  const part = `${file}.part`
  const stream = createWriteStream(part)
  await once(stream, 'open').catch((error: unknown) => {
    throw cannotWrite(file, error)
  })
  try {
    const result = await work(async (text) => {
      if (!stream.write(text)) await once(stream, 'drain')
    })
    stream.end()
    await finished(stream)
    renameSync(part, file)
    return result
  } catch (error) {
    stream.destroy()
    rmSync(part, { force: true })
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : cannotWrite(file, error)
  }
}

function cannotWrite(path: string, cause: unknown): IngestError {
  return new IngestError('invalid_config', `${path} cannot be written: ${(cause as Error).message}`, { cause })
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch (cause) {
    throw cannotWrite(path, cause)
  }
}
