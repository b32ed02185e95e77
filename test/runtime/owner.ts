// A process that starts a server of a home, says so on one line, and stays until it is killed.
import { startEmbeddedPostgres } from '../../runtime/postgres.ts'
import { startTemporal } from '../../runtime/temporal.ts'

const [kind, home = ''] = process.argv.slice(2)
if (kind === 'postgres') {
  const { url, pid, port } = await startEmbeddedPostgres({ home })
  console.log(JSON.stringify({ url, pid, port }))
} else {
  const server = await startTemporal({ home })
  console.log(JSON.stringify(server ? { url: server.address, pid: server.pid, port: 0 } : {}))
}
setInterval(() => {}, 60_000)
