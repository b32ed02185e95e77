import type { ObjectVerdict, Scope } from '../connectors/kit/index.ts'
import type { ServiceContext } from './context.ts'
import { requireSource } from './lookup.ts'
import { withOpenSource } from './open-source.ts'

/** Whether an object is crawled, and by which rule. */
export interface Verdict {
  readonly scope: string
  /** Its key, as plans and runs show it; a scope's own key for a scope. */
  readonly object: string
  readonly kind: string
  readonly verdict: 'included' | 'left out'
  /** Null where no filter speaks. */
  readonly rule: string | null
}

/**
 * Asks the source for everything that its filters could name, without applying them there, and tells what they say of
 * each. Nothing is stored. @throws IngestError when the source cannot be reached from this process.
 */
export async function explainSource(
  context: ServiceContext,
  wish: { readonly source: string; readonly scopes: readonly string[]; readonly signal: AbortSignal },
): Promise<readonly Verdict[]> {
  const source = await requireSource(context, wish.source)
  return await withOpenSource(context, source, wish.signal, async (handle, { manifest }) => {
    const listing = await handle.scopes()
    const wanted = ({ key }: { readonly key: string }) => wish.scopes.length === 0 || wish.scopes.includes(key)
    const verdicts: Verdict[] = listing.leftOut.filter(wanted).map(({ key, reason, message }) => {
      const rule = reason === 'filtered' ? message : `${reason}: ${message}`
      return { scope: key, object: key, kind: manifest.scopeNoun, verdict: 'left out', rule }
    })
    for (const scope of listing.scopes.filter(wanted)) {
      verdicts.push({ scope: scope.key, object: scope.key, kind: manifest.scopeNoun, verdict: 'included', rule: null })
      for await (const page of explain(handle.explain?.bind(handle), scope)) verdicts.push(...page)
    }
    return verdicts
  })
}

async function* explain(
  ask: ((scope: Scope) => AsyncIterable<readonly ObjectVerdict[]>) | undefined,
  scope: Scope,
): AsyncGenerator<readonly Verdict[], void, void> {
  for await (const page of ask?.(scope) ?? []) {
    yield page.map(({ key, kind, kept, rule }) => ({
      scope: scope.key,
      object: key,
      kind,
      verdict: kept ? 'included' : 'left out',
      rule: rule ?? null,
    }))
  }
}
