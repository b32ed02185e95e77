import type { Check } from '../kit/index.ts'
import type { TableauConfig } from './config.ts'
import { keepsProject } from './directory.ts'
import { WORKBOOKS } from './questions.ts'
import type { Reader } from './reader.ts'

/** Cheapest first: reach the server, sign in, list content, ask the Metadata API. A page of a list at most. */
export function createChecks(config: TableauConfig, { session, metadata }: Reader): Check[] {
  return [
    {
      name: 'reach the server',
      async run() {
        const { product, rest } = await session.version()
        return `Tableau ${product}, REST API ${rest}`
      },
    },
    {
      name: 'sign in',
      async run() {
        const { userId } = await session.signedIn()
        const { body } = await session.site<{ user?: { name?: string; siteRole?: string } }>(`users/${userId}`)
        return `as ${body?.user?.name ?? userId}, ${body?.user?.siteRole ?? 'with an unknown role'}`
      },
    },
    {
      name: 'list projects',
      async run() {
        const { body } = await session.site<ProjectPage>('projects', { pageSize: 100 })
        const projects = body?.projects?.project ?? []
        const names = projects.filter(({ parentProjectId }) => parentProjectId === undefined).map(({ name }) => name)
        const kept = names.filter((name) => keepsProject(config, name.replaceAll('/', '//')))
        return `${body?.pagination?.totalAvailable ?? projects.length} projects; to crawl at the top: ${kept.length} of ${names.length}`
      },
    },
    {
      name: 'list workbooks',
      async run() {
        const { body } = await session.site<{ pagination?: { totalAvailable?: string } }>('workbooks', { pageSize: 1 })
        return `${body?.pagination?.totalAvailable ?? '0'} workbooks`
      },
    },
    {
      name: 'ask the Metadata API',
      async run() {
        await metadata.page(WORKBOOKS, { ids: ['00000000-0000-0000-0000-000000000000'], first: 1 })
        const notes = [...metadata.notes.values()]
        return notes.length === 0 ? undefined : notes.join('; ')
      },
    },
  ]
}

interface ProjectPage {
  readonly pagination?: { readonly totalAvailable?: string }
  readonly projects?: { readonly project?: readonly { readonly name: string; readonly parentProjectId?: string }[] }
}
