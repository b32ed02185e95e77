import { nameKey } from '../../../connectors/kit/index.ts'
import {
  createJournalWorld,
  deleteFile,
  type JournalWorld,
  journalConnector,
  renameFile,
  writeFile,
} from '../../helpers/synthetic/journal.ts'
import {
  createWorkbookWorld,
  type Workbook,
  type WorkbookWorld,
  workbookConnector,
} from '../../helpers/synthetic/workbooks.ts'
import type { OracleSubject, OracleWorld } from '../world.ts'

const pick = <T>(list: readonly T[], number = 0): T | undefined => list[number % list.length]

/** Operations for systems without transactions: what happens in one, happens at once. */
function plainWorld(
  type: string,
  name: string,
  operations: Readonly<Record<string, (picks: readonly number[]) => void>>,
): OracleWorld {
  const apply = async (operation: string, picks: readonly number[]) => operations[operation]?.(picks)
  return {
    type,
    config: { world: name },
    operations: Object.keys(operations),
    apply,
    applyInTransaction: apply,
    commit: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}

let worldCount = 0

export function workbookSubject(trouble: WorkbookWorld['trouble'] = {}): OracleSubject {
  const worlds = new Map<string, WorkbookWorld>()
  return {
    name: 'workbooks',
    connector: workbookConnector(worlds),
    async createWorld(seed) {
      worldCount += 1
      const world = { ...createWorkbookWorld(), trouble }
      worlds.set(`world-${worldCount}`, world)
      let lastId = 0
      const operations = workbookOperations(world, () => {
        lastId += 1
        return `id-${lastId}`
      })
      for (let n = 0; n < 12; n += 1) {
        operations[n % 3 === 0 ? 'add data set' : 'add workbook']?.([seed + n, (seed >> 3) + n * 7, n, seed % 11])
      }
      return plainWorld('workbooks', `world-${worldCount}`, operations)
    },
  }
}

function workbookOperations(
  world: WorkbookWorld,
  newId: () => string,
): Record<string, (picks: readonly number[]) => void> {
  const projects = () => [...world.projects.values()]
  const anyProject = (number = 0) => {
    const key = `project ${number % 3}`
    const found = world.projects.get(key) ?? { theme: '', workbooks: new Map<string, Workbook>() }
    world.projects.set(key, found)
    return found
  }
  const anyWorkbook = ([a = 0, b = 0]: readonly number[]) => {
    const project = pick(projects(), a)
    const entry = project === undefined ? undefined : pick([...project.workbooks], b)
    return project === undefined || entry === undefined ? undefined : { project, name: entry[0], workbook: entry[1] }
  }
  const datasets = () => [...world.datasets.keys()]
  return {
    'add workbook': ([a, b = 0, c, d = 0]) => {
      const name = b % 13 === 0 ? 'theme' : `book ${b % 8}`
      const dataset = pick(datasets(), c)
      anyProject(a).workbooks.set(name, {
        id: newId(),
        title: `title ${d % 3}`,
        sheets: { [newId()]: 'Overview', [newId()]: `sheet ${d % 4}` },
        datasets: dataset === undefined ? [] : [dataset],
      })
    },
    'drop workbook': (picks) => {
      const found = anyWorkbook(picks)
      found?.project.workbooks.delete(found.name)
    },
    'rename workbook': (picks) => {
      const found = anyWorkbook(picks)
      const name = `book ${(picks[2] ?? 0) % 8}`
      if (found === undefined || found.project.workbooks.has(name)) return
      found.project.workbooks.delete(found.name)
      found.project.workbooks.set(name, found.workbook)
    },
    'move workbook': (picks) => {
      const found = anyWorkbook(picks)
      const target = anyProject(picks[2])
      if (found === undefined || target.workbooks.has(found.name)) return
      found.project.workbooks.delete(found.name)
      target.workbooks.set(found.name, found.workbook)
    },
    'swap workbooks': (picks) => {
      const one = anyWorkbook(picks)
      const other = anyWorkbook(picks.slice(2))
      if (one === undefined || other === undefined) return
      one.project.workbooks.set(one.name, other.workbook)
      other.project.workbooks.set(other.name, one.workbook)
    },
    'retitle workbook': (picks) => {
      const found = anyWorkbook(picks)
      if (found !== undefined) found.workbook.title = `title ${(picks[2] ?? 0) % 5}`
    },
    'rename sheet': (picks) => {
      const found = anyWorkbook(picks)
      const id = found === undefined ? undefined : pick(Object.keys(found.workbook.sheets), picks[2])
      const name = `sheet ${(picks[3] ?? 0) % 6}`
      if (found === undefined || id === undefined || Object.values(found.workbook.sheets).includes(name)) return
      found.workbook.sheets[id] = name
    },
    'drop sheet': (picks) => {
      const found = anyWorkbook(picks)
      const id = found === undefined ? undefined : pick(Object.keys(found.workbook.sheets), picks[2])
      if (found !== undefined && id !== undefined) delete found.workbook.sheets[id]
    },
    'use data sets': (picks) => {
      const found = anyWorkbook(picks)
      if (found === undefined) return
      found.workbook.datasets = datasets().filter((_, index) => ((picks[2] ?? 0) >> index) % 2 === 1)
    },
    'add data set': ([a = 0, b = 0]) => {
      world.datasets.set(`set ${a % 4}`, {
        columns: ['id', `column ${b % 4}`],
        tables: [['db', 'public', `table ${b % 5}`]],
      })
    },
    'drop project': ([a]) => {
      const key = pick([...world.projects.keys()], a)
      if (key !== undefined) world.projects.delete(key)
    },
    retheme: ([a, b = 0]) => {
      const project = anyProject(a)
      const theme = project.workbooks.get('theme')
      if (theme !== undefined) theme.title = nameKey([`theme ${b % 3}`])
    },
  }
}

export function journalSubject(): OracleSubject {
  const worlds = new Map<string, JournalWorld>()
  return {
    name: 'journal',
    connector: journalConnector(worlds),
    async createWorld(seed) {
      worldCount += 1
      const world = createJournalWorld()
      worlds.set(`world-${worldCount}`, world)
      for (let n = 0; n < 12; n += 1) writeFile(world, `file ${(seed + n * 5) % 20}`, n)
      const any = (number?: number) => pick([...world.files.keys()], number) ?? ''
      return plainWorld('journal', `world-${worldCount}`, {
        write: ([a = 0, b = 0]) => writeFile(world, `file ${a % 20}`, b % 100),
        touch: ([a]) => world.files.has(any(a)) && writeFile(world, any(a), world.files.get(any(a))?.size ?? 0),
        delete: ([a]) => deleteFile(world, any(a)),
        rename: ([a, b = 0]) => renameFile(world, any(a), `file ${b % 20}`),
        expire: () => {
          world.logStart = world.log.length
        },
      } as Record<string, (picks: readonly number[]) => void>)
    },
  }
}
