import { existsSync, statSync } from 'node:fs'
import { IngestError } from '../model/errors.ts'
import { isRoot } from './home.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
import { type Command, findOnPath, run } from './process.ts'

// PostgreSQL refuses to run as root. Run as root, we start it as an unprivileged account: the owner of the data when there is some,
// else `nobody`. That account may be unable to reach the programs or the data, since root's home is closed to others (0700) and both
// commonly lie in it. Then `setpriv` (util-linux) starts it with one capability kept, CAP_DAC_OVERRIDE: to ignore file permissions,
// as its parent does anyway. `no_setuid_fixup` goes with it, for access(2), by which PostgreSQL finds its own programs, would leave
// that capability out of account. Copying programs and data to a place that all can reach would need neither, but would scatter a
// home over the disk. Nothing of this happens for ordinary users.

/** How the server's programs are started. */
export interface ServerAccount {
  /** Set when it is another account than ours: files that it must own are given to it. */
  readonly owner?: { readonly uid: number; readonly gid: number }
  readonly wrap: (command: string, args: readonly string[]) => Command
}

/**
 * The account for a server.
 * @param dataDirectory where its data is or will be; only looked at
 */
export async function chooseOwner(dataDirectory: string): Promise<ServerAccount['owner']> {
  if (!isRoot()) return undefined
  const existing = existsSync(dataDirectory) ? statSync(dataDirectory) : undefined
  if (existing && existing.uid !== 0) return { uid: existing.uid, gid: existing.gid }
  const [uid, gid] = await Promise.all([lookUp('-u'), lookUp('-g')])
  return { uid, gid }
}

/** Finds a way for `owner` to run the server in `directory`, which it owns already. */
export async function accountFor(
  owner: ServerAccount['owner'],
  binaries: PostgresBinaries,
  directory: string,
): Promise<ServerAccount> {
  const { env, postgres } = binaries
  if (!owner) return { wrap: (command, args) => ({ command, args, env }) }
  const { uid, gid } = owner
  const direct: ServerAccount = { owner, wrap: (command, args) => ({ command, args, env, uid, gid }) }
  if (await canReach(direct, postgres, directory)) return direct
  const setpriv = findOnPath('setpriv')
  if (setpriv) {
    const capable: ServerAccount = {
      owner,
      wrap: (command, args) => ({ command: setpriv, args: [...setprivArgs(uid, gid), command, ...args], env }),
    }
    if (await canReach(capable, postgres, directory)) return capable
  }
  throw new IngestError(
    'dependency_unavailable',
    `PostgreSQL cannot run as root, and the account with uid ${uid} cannot reach ${postgres} or ${directory}`,
    {
      hint: `Run Tidemark as an ordinary user, set DATABASE_URL, or put the programs and TIDEMARK_HOME where other accounts may pass${setpriv ? '' : ', or install util-linux (setpriv)'}.`,
    },
  )
}

function setprivArgs(uid: number, gid: number): readonly string[] {
  return [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
    '--securebits=+no_setuid_fixup',
    '--',
  ]
}

// Permissions, ACLs and mount options together decide; so it is tried.
async function canReach(account: ServerAccount, program: string, directory: string): Promise<boolean> {
  const script = 'cd "$2" && test -w . && exec "$1" --version'
  const { code } = await run(account.wrap('/bin/sh', ['-c', script, 'sh', program, directory]), { timeoutMs: 20_000 })
  return code === 0
}

async function lookUp(flag: '-u' | '-g'): Promise<number> {
  const { code, output } = await run({ command: 'id', args: [flag, 'nobody'] }, { timeoutMs: 5_000 })
  const id = Number(output)
  if (code === 0 && Number.isSafeInteger(id) && id > 0) return id
  throw new IngestError(
    'dependency_unavailable',
    'PostgreSQL cannot run as root, and there is no account "nobody" to run it as',
    {
      hint: 'Run Tidemark as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own.',
    },
  )
}
