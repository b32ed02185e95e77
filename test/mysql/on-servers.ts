import { afterAll, describe, test } from 'vitest'
import { type MysqlServer, SERVERS, type ServerKind, startMysql } from './servers.ts'

/** Runs a suite on each of these servers, all when none is named; one that cannot be had here is skipped, and said why. */
export async function onServers(
  { names, tls = false }: { readonly names?: readonly string[]; readonly tls?: boolean },
  suite: (server: () => MysqlServer, kind: ServerKind) => void,
): Promise<void> {
  for (const kind of SERVERS.filter(({ name }) => names?.includes(name) ?? true)) {
    const missing = await kind.install().then(
      () => undefined,
      (error: Error) => error.message.split('\n')[0],
    )
    if (missing !== undefined) {
      test.skip(`${kind.name} (skipped: it cannot be installed here: ${missing})`, () => {})
      continue
    }
    const server = await startMysql(kind, { tls })
    afterAll(() => server.stop())
    describe(`${kind.name}: ${server.version}`, () => suite(() => server, kind))
  }
}
