import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from '@temporalio/worker'

export interface RecordedHistory {
  readonly workflowId: string
  readonly history: unknown
}

/** A protobuf message as JSON that reads well: bytes as text, 64-bit numbers as numbers, nothing that is absent. */
function toPlain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('utf8') }
  if (Array.isArray(value)) return value.map(toPlain)
  if (typeof value !== 'object' || value === null) return value
  if ('low' in value && 'high' in value) return Number(String(value))
  const entries = Object.entries(value).filter(([, entry]) => entry !== null && entry !== undefined)
  return Object.fromEntries(entries.map(([name, entry]) => [name, toPlain(entry)]))
}

/** The inverse of {@link toPlain}, for `JSON.parse`. */
const revive = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'bytes' in value ? Buffer.from(String(value.bytes)) : value

/** Writes a workflow's history into a folder of fixtures. */
export async function writeHistory(folder: URL, name: string, history: unknown): Promise<void> {
  await mkdir(folder, { recursive: true })
  // Stack traces tell of the machine they were recorded on, and replay does not look at them.
  const text = JSON.stringify(toPlain(history), (key, value) => (key === 'stackTrace' ? '' : value), 1)
  await writeFile(new URL(`${name}.json`, folder), `${text}\n`)
}

/** The recorded histories of a folder, by name. */
export async function readHistories(folder: URL): Promise<RecordedHistory[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
  return await Promise.all(
    files.map(async (name) => ({
      workflowId: name.replace('.json', ''),
      history: JSON.parse(await readFile(new URL(name, folder), 'utf8'), revive),
    })),
  )
}

/** The names of the histories that do not fit the workflows of a file, with the reason. */
export async function replay(workflows: URL, histories: readonly RecordedHistory[]): Promise<Record<string, string>> {
  const failures: Record<string, string> = {}
  const options = { workflowsPath: fileURLToPath(workflows) }
  for await (const { workflowId, error } of Worker.runReplayHistories(options, [...histories])) {
    if (error !== undefined) failures[workflowId] = error.name
  }
  return failures
}
