const MASK = '****'
/** Passwords inside URLs: `scheme://user:password@host`. */
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):([^\s@]+)@/gi
/** `password=…`, `token: …` and the like in messages that drivers compose. */
const NAMED_SECRET =
  /\b(password|passwd|pwd|secret|token|api[_-]?key|authorization)(["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,;&]+)/gi

/** Masks the given secrets, passwords in URLs and `password=…` pairs in a text that will be stored or shown. */
export function redact(text: string, secrets: Iterable<string> = []): string {
  let result = text
  for (const value of secrets) {
    for (const form of new Set([value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)])) {
      // Shorter values would mask ordinary words and say nothing to an attacker.
      if (form.length >= 3) result = result.replaceAll(form, MASK)
    }
  }
  return result.replace(URL_PASSWORD, `$1:${MASK}@`).replace(NAMED_SECRET, `$1$2${MASK}`)
}
