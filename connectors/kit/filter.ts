import { z } from 'zod'

/**
 * Allow and deny lists of glob patterns (`*` any run of characters, `?` one). A name is kept when an allow pattern fits
 * it, or there is none, and no deny pattern does. Patterns are matched as the platform compares names: exactly.
 */
export const nameFilter = z
  .strictObject({
    allow: z.array(z.string().min(1)).optional(),
    deny: z.array(z.string().min(1)).optional(),
  })
  .describe('Glob patterns: * is any run of characters, ? is one.')
export type NameFilter = z.infer<typeof nameFilter>

/** Why a filter leaves a name out, or undefined when it keeps it. */
export function whyLeftOut(filter: NameFilter | undefined, name: string): string | undefined {
  const denied = filter?.deny?.find((pattern) => globToRegExp(pattern).test(name))
  if (denied !== undefined) return `denied by pattern ${JSON.stringify(denied)}`
  const { allow } = filter ?? {}
  if (allow === undefined || allow.some((pattern) => globToRegExp(pattern).test(name))) return undefined
  return 'no allow pattern fits'
}

function globToRegExp(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 'su')
}
