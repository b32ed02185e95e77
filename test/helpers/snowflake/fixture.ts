import type { Json } from '../../../connectors/kit/index.ts'
import type { Fixture } from '../../contract/harness.ts'
import { createAccount } from './account.ts'
import { Scene } from './scene.ts'
import { type SnowflakeServer, startSnowflake } from './server.ts'

export interface SnowflakeFixture extends Fixture {
  readonly server: SnowflakeServer
  readonly scene: Scene
}

const PASSWORD = "p@ss:w/o'rd %41"

/** A stand-in with one user, and the config of a source that signs in as that. */
export async function snowflakeFixture(
  fill: (scene: Scene) => void,
  config: Readonly<Record<string, Json>> = {},
): Promise<SnowflakeFixture> {
  const account = createAccount()
  const scene = new Scene(account)
  fill(scene)
  const server = await startSnowflake(account)
  server.users.set('TIDEMARK', { password: PASSWORD, token: 'a-programmatic-token', key: true })
  return {
    server,
    scene,
    config: {
      account: 'acme-analytics',
      baseUrl: server.url,
      user: 'TIDEMARK',
      password: PASSWORD,
      databases: { deny: ['DEV_*'] },
      ...config,
    },
    secrets: [PASSWORD],
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
