import { IngestError } from '../model/errors.ts'
import { askVault, type VaultAnswer, type VaultPlace, type VaultRequest } from './vault-http.ts'

/** A token given (VAULT_TOKEN), or an AppRole to sign in with (VAULT_ROLE_ID, VAULT_SECRET_ID). */
export type VaultCredentials =
  | { readonly token: string }
  | { readonly roleId: string; readonly secretId: string | undefined }

/** Sends requests under a token that is renewed in time, and got anew when Vault takes it no more. */
export interface VaultSession {
  /** The answer, whatever its status but those of a token that is not taken. */
  ask(request: Omit<VaultRequest, 'token'>): Promise<VaultAnswer>
}

interface Token {
  readonly value: string
  /** In milliseconds since the epoch; Infinity for one that is not to be renewed. */
  readonly renewAt: number
}

export function openVaultSession(place: VaultPlace, credentials: VaultCredentials): VaultSession {
  const source = tokenSource(place, credentials)
  return {
    async ask(request) {
      const answer = await askVault(place, { ...request, token: await source.current() })
      if (answer.status !== 403) return answer
      const another = await source.another()
      return another === undefined ? answer : await askVault(place, { ...request, token: another })
    },
  }
}

function tokenSource(place: VaultPlace, credentials: VaultCredentials) {
  // Shared by all who ask meanwhile.
  let pending: Promise<Token> | undefined
  const begin = () =>
    'token' in credentials
      ? inspectToken(place, credentials.token)
      : signIn(place, credentials.roleId, credentials.secretId)
  const keep = (next: Promise<Token>) => {
    pending = next
    next.catch(() => {
      if (pending === next) pending = undefined
    })
    return next
  }
  const another = async () => ('token' in credentials ? undefined : (await keep(begin())).value)
  return {
    another,
    async current(): Promise<string> {
      const token = await (pending ?? keep(begin()))
      if (Date.now() < token.renewAt) return token.value
      const renewed = await keep(renew(place, token)).catch(() => undefined)
      // A token given is used up to its end.
      return renewed?.value ?? (await another()) ?? token.value
    },
  }
}

/** https://developer.hashicorp.com/vault/api-docs/auth/approle#login-with-approle */
async function signIn(place: VaultPlace, roleId: string, secretId: string | undefined): Promise<Token> {
  const body = { role_id: roleId, ...(secretId === undefined ? {} : { secret_id: secretId }) }
  const answer = await askVault(place, { method: 'POST', path: 'auth/approle/login', body })
  const token = readAuth(answer)
  if (token !== undefined) return token
  refuseUnavailable(place, answer)
  throw new IngestError('auth', `Vault at ${place.address} refuses the AppRole (${answer.status}${errorsOf(answer)})`, {
    hint: 'Check VAULT_ROLE_ID and VAULT_SECRET_ID (one may have expired), and VAULT_NAMESPACE.',
    code: String(answer.status),
  })
}

/** https://developer.hashicorp.com/vault/api-docs/auth/token#renew-a-token-self */
async function renew(place: VaultPlace, { value }: Token): Promise<Token> {
  const answer = await askVault(place, { method: 'POST', path: 'auth/token/renew-self', token: value, body: {} })
  const token = readAuth(answer)
  if (token !== undefined) return token
  throw new IngestError('auth', `Vault at ${place.address} does not renew the token (${answer.status})`)
}

/** How long a given token lives; one that may not look at itself is used as it is. */
async function inspectToken(place: VaultPlace, value: string): Promise<Token> {
  const answer = await askVault(place, { path: 'auth/token/lookup-self', token: value })
  refuseUnavailable(place, answer)
  const data = (answer.body.data ?? {}) as { readonly ttl?: number; readonly renewable?: boolean }
  return { value, renewAt: renewalTime(data.renewable === true ? Number(data.ttl ?? 0) : 0) }
}

function readAuth({ status, body }: VaultAnswer): Token | undefined {
  const auth = body.auth as
    | { readonly client_token?: string; readonly renewable?: boolean; readonly lease_duration?: number }
    | null
    | undefined
  if (status !== 200 || typeof auth?.client_token !== 'string') return undefined
  return { value: auth.client_token, renewAt: renewalTime(Number(auth.lease_duration ?? 0)) }
}

/** Half way through its life; none of zero seconds ever ends. */
function renewalTime(lifeSeconds: number): number {
  return lifeSeconds > 0 ? Date.now() + lifeSeconds * 500 : Number.POSITIVE_INFINITY
}

/** Sealed, standing by, too busy: trying again may help. @throws IngestError `dependency_unavailable`. */
export function refuseUnavailable({ address }: VaultPlace, answer: VaultAnswer): void {
  const { status } = answer
  if (status < 500 && status !== 429 && status !== 412) return
  throw new IngestError('dependency_unavailable', `Vault at ${address} answers ${status}${errorsOf(answer)}`, {
    hint: /seal/i.test(errorsOf(answer)) ? 'Unseal it: vault operator unseal' : 'Check its state: vault status',
    code: String(status),
  })
}

/** What Vault says about it; its messages hold no secrets. */
export function errorsOf({ body }: VaultAnswer): string {
  const errors = Array.isArray(body.errors) ? body.errors.map(String).join('; ').replace(/\s+/g, ' ').trim() : ''
  return errors === '' ? '' : `: ${errors.slice(0, 200)}`
}
