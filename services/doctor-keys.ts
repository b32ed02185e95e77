import { listMasterKeys } from '../db/queries.ts'
import type { ServiceContext } from './context.ts'
import type { Finding } from './doctor.ts'

/** Whether every source's secrets can be opened, and are under the newest key. */
export async function inspectKeys({ store, keyRing }: ServiceContext): Promise<Finding> {
  const name = 'master key'
  const [newest, ...older] = keyRing.keys()
  const stored = await listMasterKeys(store.sql)
  const behind = stored.filter((id) => older.some((key) => key.id === id))
  const unknown = stored.filter((id) => id !== newest.id && !behind.includes(id))
  if (unknown.length > 0) {
    const detail = `there are sources under key ${unknown.join(', ')}, which is not at hand`
    return {
      name,
      status: 'failed',
      detail,
      fix: 'add it to TIDEMARK_MASTER_KEY, or to master.key.previous in TIDEMARK_HOME',
    }
  }
  if (behind.length === 0) return { name, status: 'ok', detail: `key ${newest.id}` }
  return {
    name,
    status: 'warning',
    detail: `there are sources under the older key ${behind.join(', ')}`,
    fix: 'tidemark rotate-key',
  }
}
