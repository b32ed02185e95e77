import { type FakeDatabase, type FakeField, TableauWorld } from './world.ts'

const WAREHOUSE: FakeDatabase = {
  __typename: 'DatabaseServer',
  id: 'db-warehouse',
  name: 'shop',
  connectionType: 'postgres',
  isEmbedded: false,
  hostName: 'warehouse.internal',
  port: 5432,
  service: 'shop',
}

const SPREADSHEET: FakeDatabase = {
  __typename: 'File',
  id: 'db-spreadsheet',
  name: 'Targets.xlsx',
  connectionType: 'excel-direct',
  isEmbedded: true,
}

/** A small site with one of everything. */
export function buildShop(world = new TableauWorld()): TableauWorld {
  world.addUser('admin', 'SiteAdministratorExplorer')
  const anna = world.addUser('anna')
  world.groups.push({ id: world.newId(), name: 'Analysts', minimumSiteRole: 'Explorer' })
  const sales = world.addProject('Sales')
  const europe = world.addProject('Europe/EMEA', sales)
  world.addProject('Sandbox')
  const orders = world.addTable(WAREHOUSE, 'public', 'orders', ['id', 'amount', 'customer_id', 'region'])
  const customers = world.addTable(WAREHOUSE, 'public', 'customers', ['id', 'name'])
  const targets = world.addTable(SPREADSHEET, '', 'Targets$', ['Region', 'Target'])
  const published = world.addPublished('Orders', sales, [orders])
  published.owner = anna
  published.isCertified = true
  published.certificationNote = 'Reviewed by finance'
  published.labels = ['gold']
  world.calculate(published, 'Net', 'SUM([amount]) * (1 - [Parameters].[VAT])', ['amount'])
  published.fields.push(
    world.field(published, 'HierarchyField', 'Place', { fields: published.fields.slice(3, 4) as FakeField[] }),
    world.field(published, 'BinField', 'amount (bin)', {
      formula: '[amount]',
      binSize: '10',
      role: 'DIMENSION',
      dataType: 'INTEGER',
      upstreamFields: published.fields.slice(1, 2) as FakeField[],
    }),
  )
  published.parameters = [{ id: world.newId(), name: 'VAT' }]
  const overview = world.addWorkbook('Overview', sales)
  overview.labels = ['weekly']
  const layer = world.connect(overview, published)
  const local = world.addEmbedded(overview, 'Targets', [targets])
  const byName = (name: string) => layer.fields.find((field) => field?.name === name) as FakeField
  const revenue = world.addSheet(overview, 'Revenue', [byName('Net'), byName('region')])
  const blended = world.addSheet(overview, 'Against target', [byName('region'), ...(local.fields as FakeField[])])
  world.addSheet(overview, 'Scratch', [], true)
  const board = world.addDashboard(overview, 'Board', [revenue, blended])
  world.addDashboard(overview, 'The story', [board, revenue], true)
  revenue.views = 12
  board.views = 40
  const detail = world.addWorkbook('Detail', europe)
  const query =
    'select o.id, c.name from orders o join customers c on c.id = o.customer_id where o.region = <[Parameters].[R]>'
  const sql = world.addCustomSql(WAREHOUSE, query, ['id', 'name'], [orders, customers])
  const joined = world.addEmbedded(detail, 'Orders with customers', [sql])
  world.calculate(joined, 'Label', "[name] + ' // ' + STR([id])", ['name', 'id'])
  world.addSheet(detail, 'List', joined.fields as FakeField[])
  const connection = world.addConnection('Warehouse', sales, [customers])
  const people = world.addPublished('People', europe, connection.tables)
  people.upstreamTables = [customers]
  world.addFlow('Nightly', sales, [orders, targets], people)
  world.tick(24 * 3_600_000)
  return world
}
