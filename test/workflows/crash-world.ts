import { createWorkbookWorld, type Workbook, type WorkbookWorld } from '../helpers/synthetic/workbooks.ts'

export const BATCH = 5

/** Two projects of forty workbooks, the same in every process. */
export function crashWorld(): WorkbookWorld {
  const world = createWorkbookWorld()
  world.datasets.set('orders', { columns: ['id'], tables: [['shop', 'public', 'orders']] })
  for (const project of ['sales', 'ops']) {
    const workbooks = Array.from({ length: 40 }, (_, n): [string, Workbook] => [
      `book ${n}`,
      { id: `${project}/${n}`, title: `title ${n}`, sheets: { a: 'A', b: 'B' }, datasets: ['orders'] },
    ])
    world.projects.set(project, { theme: 'light', workbooks: new Map(workbooks) })
  }
  return world
}
