import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { IngestError } from '../model/errors.ts'

/** Runs psql in this terminal until it is left; resolves to its exit code. @throws IngestError without a psql. */
export async function runPsql(environment: Readonly<Record<string, string>>): Promise<number> {
  const release = leaveInterruptsToChild()
  try {
    const child = spawn('psql', [], { stdio: 'inherit', env: { ...process.env, ...environment } })
    const [code] = (await once(child, 'exit')) as [number | null]
    return code ?? 1
  } catch (cause) {
    if ((cause as { code?: string }).code !== 'ENOENT') throw cause
    throw new IngestError('invalid_config', 'there is no psql on the PATH', {
      cause,
      hint: "Install PostgreSQL's client programs, or give the query: tidemark sql 'select * from catalog.tables'",
    })
  } finally {
    release()
  }
}

/** Ctrl-C cancels a query of psql's, and must not end the command around it. */
function leaveInterruptsToChild(): () => void {
  const listeners = process.listeners('SIGINT')
  const ignore = () => {}
  process.removeAllListeners('SIGINT')
  process.on('SIGINT', ignore)
  return () => {
    process.off('SIGINT', ignore)
    for (const listener of listeners) process.on('SIGINT', listener)
  }
}
