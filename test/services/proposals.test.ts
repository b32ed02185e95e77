import { expect, test } from 'vitest'
import { approveRemovals, readProposals, rejectRemovals } from '../../services/proposals.ts'
import { addSource } from '../../services/sources.ts'
import { requestSync } from '../../services/sync.ts'
import { createWorkbookWorld, type Workbook, workbookConnector } from '../helpers/synthetic/workbooks.ts'
import { createContext, honour } from './support.ts'

const NAMES = Array.from({ length: 20 }, (_, index) => `book-${String(index).padStart(2, '0')}`)

test('held removals are approved or kept, all or by name', async () => {
  const world = createWorkbookWorld()
  const books = NAMES.map((name): [string, Workbook] => [name, { id: name, title: name, sheets: {}, datasets: [] }])
  const sales = { theme: 'light', workbooks: new Map(books) }
  world.projects.set('sales', sales)
  await using context = await createContext([workbookConnector(new Map([['main', world]]))])
  await addSource(context, { name: 'books', connector: 'workbooks', config: { world: 'main' } })
  const sync = async () => await honour(context, await requestSync(context, { source: 'books' }))
  await sync()
  for (const name of NAMES.slice(5)) sales.workbooks.delete(name)
  expect(await sync()).toMatchObject({ outcome: 'held' })
  expect(await readProposals(context, 'books')).toHaveLength(15)

  await expect(approveRemovals(context, { source: 'books', assets: ['sales.nothing'] })).rejects.toMatchObject({
    category: 'invalid_config',
    hint: expect.stringContaining('--list'),
  })
  const { decided } = await rejectRemovals(context, { source: 'books', assets: ['sales.book-19'] })
  expect(decided.map((proposal) => proposal.asset)).toEqual(['sales.book-19'])
  const some = await approveRemovals(context, { source: 'books', assets: ['sales.book-0*'] })
  expect(some.decided).toHaveLength(5)
  expect(some.requested).toBeDefined()
  if (some.requested !== undefined) expect(await honour(context, some.requested)).toMatchObject({ outcome: 'held' })

  const rest = await approveRemovals(context, { source: 'books' })
  expect(rest.decided).toHaveLength(9)
  if (rest.requested !== undefined)
    expect(await honour(context, rest.requested)).toMatchObject({ outcome: 'succeeded' })
  const live = await context.store.sql`select display from tidemark.asset where removed_at is null order by display`
  expect(live.map((row) => row.display)).toEqual([...NAMES.slice(0, 5), 'book-19'].map((name) => `sales.${name}`))
  expect(await approveRemovals(context, { source: 'books' })).toEqual({ decided: [] })
  const audits = await context.store.sql`select action, detail -> 'count' as count from tidemark.audit_log
                                         where action like 'removal.%' order by id`
  expect(audits).toEqual([
    { action: 'removal.reject', count: 1 },
    { action: 'removal.approve', count: 5 },
    { action: 'removal.approve', count: 9 },
  ])
})
