import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import ssh2 from 'ssh2'

export interface SshAgent extends AsyncDisposable {
  /** Its socket, as SSH_AUTH_SOCK has it. */
  readonly path: string
}

/** An SSH agent that holds one key, over the real protocol: https://datatracker.ietf.org/doc/draft-ietf-sshm-ssh-agent/ */
export async function startSshAgent(path: string, privateKey: string, passphrase?: string): Promise<SshAgent> {
  const key = ssh2.utils.parseKey(privateKey, passphrase)
  if (key instanceof Error) throw key
  const server = createServer((socket) => {
    const agent = new ssh2.AgentProtocol(false)
    agent.on('identities', (request) => agent.getIdentitiesReply(request, [key]))
    agent.on('sign', (request, publicKey, data) => {
      const held = ssh2.utils.parseKey(publicKey)
      if (held instanceof Error || !held.getPublicSSH().equals(key.getPublicSSH())) return agent.failureReply(request)
      agent.signReply(request, key.sign(data))
    })
    for (const stream of [agent, socket]) stream.on('error', () => socket.destroy())
    socket.pipe(agent).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return {
    path,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await rm(path, { force: true })
    },
  }
}
