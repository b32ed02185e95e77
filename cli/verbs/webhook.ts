import { readWebhookSetup } from '../../services/webhooks.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'

/** Tells what to enter at a source, so that it tells by itself when something moves. */
export async function run({ io, args, signal }: Invocation): Promise<undefined> {
  await using session = await openSession({ signal })
  const setup = await readWebhookSetup(await session.context(), args[0] as string)
  io.data(setup)
  const { path, listens, pages, events, hasSecret, secretSetting } = setup
  const address = listens === undefined ? undefined : `http://${listens.host}:${listens.port}${path}`
  io.print(`Enter at ${pages.join(' or ')}`)
  io.print(`  Payload URL   https://YOUR-HOST${path}`)
  io.print('  Content type  application/json')
  io.print(`  Secret        ${hasSecret ? `the one of the setting ${secretSetting}` : 'none yet, see below'}`)
  io.print(`  Events        ${events.join(', ')}`)
  io.print()
  if (!hasSecret) {
    io.print(`Give the source a secret first, the same as there: ${secretSetting}: \${env:TIDEMARK_WEBHOOK_SECRET}`)
    io.print('  one to use: openssl rand -hex 32')
  }
  if (address === undefined) io.print('The worker has no HTTP server: give it one with http in temporal.yaml.')
  else io.print(`The worker takes it at ${address}: let your reverse proxy pass on /webhooks/ alone.`)
}
