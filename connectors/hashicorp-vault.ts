import { IngestError } from '../model/errors.ts'
import type { Environment, Reading } from './reading.ts'
import type { VaultAnswer, VaultPlace } from './vault-http.ts'
import {
  errorsOf,
  openVaultSession,
  refuseUnavailable,
  type VaultCredentials,
  type VaultSession,
} from './vault-token.ts'

/**
 * A field of a secret in HashiCorp Vault's key-value store (or OpenBao's), version 1 or 2: `mount/path#field`, as the
 * command `vault kv get` takes the path; the API's own path, with `/data/` in it, will do too. Where Vault is and how to
 * sign in is told by the variables of its command line, and VAULT_ROLE_ID with VAULT_SECRET_ID for an AppRole.
 */
export async function readVaultField(reference: string, { env, fetched }: Reading): Promise<string> {
  const match = /^\/*([^#]+?)\/*#([^#]+)$/.exec(reference)
  if (match === null) {
    throw new IngestError('invalid_config', 'it does not name a path and a field', {
      hint: 'Write ${vault:secret/shop#password}: the path as `vault kv get` takes it, and the field.',
    })
  }
  const [, path = '', field = ''] = match
  const vault = openVault(env)
  const secret = (await once(fetched, `vault ${path}`, () => readSecret(vault, path, fetched))) as Secret
  return pickField(secret, path, field)
}

type Secret = Readonly<Record<string, unknown>>

interface Vault {
  readonly place: VaultPlace
  readonly session: VaultSession
  readonly usesRole: boolean
}

function once<T>(fetched: Map<string, Promise<unknown>>, key: string, fetch: () => Promise<T>): Promise<unknown> {
  const pending = fetched.get(key) ?? fetch()
  fetched.set(key, pending)
  return pending
}

function pickField(secret: Secret, path: string, field: string): string {
  const value = Object.hasOwn(secret, field) ? secret[field] : undefined
  if (value === undefined || value === null) {
    throw new IngestError('invalid_config', `the secret ${path} has no field ${JSON.stringify(field)}`, {
      hint: `It has: ${Object.keys(secret).join(', ') || 'none'}.`,
    })
  }
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Tokens outlive the step that got them; the secrets read with them do not. */
const sessions = new Map<string, VaultSession>()

function openVault(env: Environment): Vault {
  const given = (name: string) => env[name]?.trim() || undefined
  const [address, namespace, caFile] = [given('VAULT_ADDR'), given('VAULT_NAMESPACE'), given('VAULT_CACERT')]
  if (address === undefined || !/^https?:\/\//.test(address) || !URL.canParse(address)) {
    throw new IngestError('invalid_config', `VAULT_ADDR is ${address === undefined ? 'not set' : 'no http(s) URL'}`, {
      hint: 'Set VAULT_ADDR, such as https://vault.internal:8200, and VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID.',
    })
  }
  const place: VaultPlace = {
    address,
    ...(namespace === undefined ? {} : { namespace }),
    ...(caFile === undefined ? {} : { caFile }),
  }
  const credentials = readCredentials(given)
  const key = JSON.stringify([place, credentials])
  const session = sessions.get(key) ?? openVaultSession(place, credentials)
  sessions.set(key, session)
  return { place, session, usesRole: !('token' in credentials) }
}

function readCredentials(given: (name: string) => string | undefined): VaultCredentials {
  const [token, roleId] = [given('VAULT_TOKEN'), given('VAULT_ROLE_ID')]
  if (token !== undefined) return { token }
  if (roleId !== undefined) return { roleId, secretId: given('VAULT_SECRET_ID') }
  throw new IngestError('invalid_config', 'there is nothing to sign in to Vault with', {
    hint: 'Set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID.',
  })
}

async function readSecret(vault: Vault, path: string, fetched: Map<string, Promise<unknown>>): Promise<Secret> {
  const { apiPath, versioned } = (await once(fetched, `mount of ${path}`, () => findMount(vault, path))) as ApiPath
  const answer = await vault.session.ask({ path: encodePath(apiPath) })
  if (answer.status !== 200) throw readError(vault, path, answer)
  const data = answer.body.data as Secret | null | undefined
  // Version 2 wraps the secret together with its metadata.
  const wrapped = versioned ?? (isRecord(data?.data) && isRecord(data?.metadata))
  const secret = wrapped ? data?.data : data
  if (!isRecord(secret)) throw new IngestError('data_integrity', `Vault gives no secret at ${path}`)
  return secret
}

interface ApiPath {
  readonly apiPath: string
  /** Undefined when Vault does not tell. */
  readonly versioned?: boolean
}

/** What `vault kv` asks first: where the mount ends, and its version. Older servers and some policies do not tell. */
async function findMount(vault: Vault, path: string): Promise<ApiPath> {
  const answer = await vault.session.ask({ path: `sys/internal/ui/mounts/${encodePath(path)}` })
  refuseUnavailable(vault.place, answer)
  const data = (answer.body.data ?? {}) as { path?: string; options?: { version?: string } | null }
  if (answer.status !== 200 || data.path === undefined) return { apiPath: path }
  const mount = data.path.replace(/^\/|\/$/g, '')
  const rest = path.slice(mount.length + 1)
  if (data.options?.version !== '2') return { apiPath: path, versioned: false }
  return { apiPath: rest.startsWith('data/') ? path : `${mount}/data/${rest}`, versioned: true }
}

function readError({ place, usesRole }: Vault, path: string, answer: VaultAnswer): IngestError {
  refuseUnavailable(place, answer)
  const code = String(answer.status)
  if (answer.status === 403) {
    return new IngestError('permission', `Vault at ${place.address} does not let us read ${path}${errorsOf(answer)}`, {
      hint: `${usesRole ? '' : 'Check that VAULT_TOKEN has not expired (vault token lookup). '}Its policy must allow it: path "${path}" { capabilities = ["read"] }, with /data/ after the mount for version 2.`,
      code,
    })
  }
  if (answer.status === 404) {
    const deleted = isRecord(answer.body.data)
    return new IngestError(
      'invalid_config',
      `Vault at ${place.address} has no secret ${path}${deleted ? ': its latest version is deleted' : ''}`,
      {
        hint: deleted
          ? `vault kv undelete, or put a new one: vault kv put ${path} …`
          : `See what there is: vault kv list ${path.replace(/\/[^/]*$/, '')}`,
        code,
      },
    )
  }
  return new IngestError('dependency_unavailable', `Vault at ${place.address} answers ${code}${errorsOf(answer)}`, {
    code,
  })
}

const encodePath = (path: string) => path.split('/').map(encodeURIComponent).join('/')

function isRecord(value: unknown): value is Secret {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
