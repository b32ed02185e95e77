import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { IngestError } from '../model/errors.ts'

/** Asks on the terminal; an empty answer means the fallback. @throws IngestError `cancelled` on Ctrl-C or Ctrl-D. */
export async function ask(question: string, fallback?: string): Promise<string> {
  const answer = await readLine(`${question}${fallback ? ` [${fallback}]` : ''}: `, process.stderr)
  return answer.trim() || (fallback ?? '')
}

/** Asks without showing what is typed. */
export async function askSecret(question: string): Promise<string> {
  process.stderr.write(`${question}: `)
  const muted = new Writable({ write: (_chunk, _encoding, done) => done() })
  try {
    return await readLine('', muted)
  } finally {
    process.stderr.write('\n')
  }
}

export async function confirm(question: string, fallback: boolean): Promise<boolean> {
  const answer = await readLine(`${question} [${fallback ? 'Y/n' : 'y/N'}]: `, process.stderr)
  return answer.trim() === '' ? fallback : /^y(es)?$/i.test(answer.trim())
}

async function readLine(prompt: string, output: NodeJS.WritableStream): Promise<string> {
  const reader = createInterface({ input: process.stdin, output, terminal: true })
  const closed = new AbortController()
  reader.once('close', () => closed.abort())
  reader.once('SIGINT', () => reader.close())
  try {
    return await reader.question(prompt, { signal: closed.signal })
  } catch (cause) {
    throw new IngestError('cancelled', 'nothing was changed', { cause })
  } finally {
    reader.close()
  }
}
