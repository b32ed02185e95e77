import { type FakeDatabase, type FakeField, TableauWorld } from './world.ts'

const WAREHOUSE: FakeDatabase = {
  __typename: 'DatabaseServer',
  id: 'db-large',
  name: 'large',
  connectionType: 'postgres',
  isEmbedded: false,
  hostName: 'warehouse.internal',
  port: 5432,
  service: 'large',
}

/** A large site: each workbook has a data source over a few of the warehouse's tables, calculations, sheets and dashboards. */
export function buildSite(size: { workbooks: number; sheets: number; fields: number }): TableauWorld {
  const world = new TableauWorld()
  world.addUser('admin', 'SiteAdministratorExplorer')
  const projects = Array.from({ length: 20 }, (_, number) => world.addProject(`Project ${number}`))
  const columns = Array.from({ length: 50 }, (_, number) => `column ${number}`)
  const tables = Array.from({ length: 40 }, (_, number) =>
    world.addTable(WAREHOUSE, 'public', `table ${number}`, columns),
  )
  for (let number = 0; number < size.workbooks; number += 1) {
    const workbook = world.addWorkbook(`Workbook ${number}`, projects[number % projects.length] as never)
    const used = Array.from({ length: 5 }, (_, offset) => tables[(number + offset * 7) % tables.length] as never)
    const source = world.addEmbedded(workbook, 'Data', used)
    while (source.fields.length < size.fields) {
      const count = source.fields.length
      world.calculate(source, `Calculation ${count}`, `SUM([column ${count % 50}]) / 2`, [`column ${count % 50}`])
    }
    const sheets = Array.from({ length: size.sheets - 2 }, (_, sheet) =>
      world.addSheet(workbook, `Sheet ${sheet}`, source.fields.slice(sheet * 8, sheet * 8 + 8) as FakeField[]),
    )
    world.addDashboard(workbook, 'Dashboard', sheets.slice(0, 6))
    world.addDashboard(workbook, 'Details', sheets.slice(6))
  }
  world.tick(24 * 3_600_000)
  return world
}
