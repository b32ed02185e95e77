import { defineConnector, judgeName, keyPath, type ObjectVerdict, pagesOf } from '../kit/index.ts'
import { createChecks } from './checks.ts'
import type { TableauConfig } from './config.ts'
import { contentKey } from './content.ts'
import { describeItems } from './describe/index.ts'
import { keepsProject } from './directory.ts'
import { errorRules } from './errors.ts'
import { iterateItems } from './inventory.ts'
import { manifest } from './manifest.ts'
import { createReader, type Reader } from './reader.ts'
import { openSession } from './session.ts'
import { readUsage } from './usage.ts'
import { findDependents } from './uses.ts'

export default defineConnector<TableauConfig>({
  manifest,
  errorRules,
  async open(config, context) {
    const session = await openSession(config, context)
    const reader = createReader(config, context, session)
    const name = config.site === '' ? 'Default' : config.site
    return {
      checks: () => createChecks(config, reader),
      // A site is one scope, and is there if one can sign in to it.
      async scopes() {
        await session.signedIn()
        return { scopes: [{ key: name, name }], leftOut: [], complete: true }
      },
      inventory: () => iterateItems(reader),
      describe: (_scope, items) => describeItems(reader, items),
      dependents: async (_scope, keys) => await findDependents(reader, keys),
      explain: () => explain(config, reader),
      filtered: (_scope, keys) => keys.filter((key) => isFiltered(config, key)),
      usage: () => readUsage(reader),
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    }
  },
})

/** Projects go by their path, content by its sort, its project and its name. */
function isFiltered(config: TableauConfig, key: string): boolean {
  const [sort, project] = keyPath(key) ?? []
  return project !== undefined && sort !== 'site' && sort !== 'group' && !keepsProject(config, project)
}

async function* explain(config: TableauConfig, reader: Reader): AsyncGenerator<readonly ObjectVerdict[], void, void> {
  const { content, projects } = await reader.directory()
  const verdict = (key: string, kind: string, project: string): ObjectVerdict => {
    const { kept, rule } = judgeName(config.projects, project)
    return { key, kind, kept, ...(rule === undefined ? {} : { rule: `projects: ${rule}` }) }
  }
  yield* pagesOf(
    [
      ...[...projects.values()].map(({ path }) => verdict(path, 'project', path)),
      ...[...content.values()].map((one) => verdict(contentKey(one), one.sort, one.project)),
    ],
    1_000,
  )
}
