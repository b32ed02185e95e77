import { z } from 'zod'
import { compilePattern, PATTERN_GRAMMAR } from './pattern.ts'

const patterns = z
  .array(
    z
      .string()
      .min(1)
      .superRefine((text, context) => {
        try {
          compilePattern(text)
        } catch (error) {
          context.addIssue({ code: 'custom', message: (error as Error).message })
        }
      })
      // For editors: all but what needs counting (parentheses) and comparing (ranges) of the above.
      .meta({ pattern: PATTERN_GRAMMAR }),
  )
  .optional()

/**
 * Allow and deny lists of patterns ({@link compilePattern}). A name is kept when an allow pattern fits it, or there is
 * none, and no deny pattern does. Patterns are matched as the platform compares names: exactly.
 */
export const nameFilter = z
  .strictObject({ allow: patterns, deny: patterns })
  .describe('Patterns: globs (* is any run of characters, ? is one) or regular expressions between slashes.')
export type NameFilter = z.infer<typeof nameFilter>

/** What a filter says of a name, and by which rule; no rule when there is no filter. */
export interface FilterVerdict {
  readonly kept: boolean
  readonly rule?: string
}

export function judgeName(filter: NameFilter | undefined, name: string): FilterVerdict {
  const { allow, deny } = filter ?? {}
  const denied = deny?.find((pattern) => fits(pattern, name))
  if (denied !== undefined) return { kept: false, rule: `denied by pattern ${JSON.stringify(denied)}` }
  if (allow === undefined) return deny === undefined ? { kept: true } : { kept: true, rule: 'no deny pattern fits' }
  const allowed = allow.find((pattern) => fits(pattern, name))
  if (allowed === undefined) return { kept: false, rule: 'no allow pattern fits' }
  return { kept: true, rule: `allowed by pattern ${JSON.stringify(allowed)}` }
}

/** Why a filter leaves a name out, or undefined when it keeps it. */
export function whyLeftOut(filter: NameFilter | undefined, name: string): string | undefined {
  const { kept, rule } = judgeName(filter, name)
  return kept ? undefined : rule
}

function fits(pattern: string, name: string): boolean {
  return compilePattern(pattern).expression.test(name)
}
