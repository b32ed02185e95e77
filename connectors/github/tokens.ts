/** What `@octokit/auth-app` keeps installation tokens in: `token|createdAt|expiresAt|…` by installation. */
export interface TokenCache {
  get(key: string): string | undefined
  set(key: string, value: string): void
}

/** A step that begins now may use its token for so long. */
const EARLY_MS = 10 * 60_000

const caches = new Map<string, Map<string, string>>()

/**
 * Installation tokens of an App, shared by all handles of the process and taken for expired ten minutes before they are.
 * They live an hour: https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-an-installation-access-token-for-a-github-app
 */
export function tokenCache(account: string, now = Date.now): TokenCache {
  const tokens = caches.get(account) ?? new Map<string, string>()
  caches.set(account, tokens)
  return {
    get(key) {
      const value = tokens.get(key)
      const expiresAt = Date.parse(value?.split('|')[2] ?? '')
      return expiresAt - EARLY_MS > now() ? value : undefined
    },
    set(key, value) {
      tokens.set(key, value)
    },
  }
}
