import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode } from '@temporalio/worker'

/** Makes `dist/`, what is published: Node refuses to run TypeScript under node_modules. */
const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const SHIPPED = [
  'activities',
  'cli',
  'connectors',
  'db',
  'lineage',
  'model',
  'runtime',
  'services',
  'sync',
  'worker',
  'workflows',
]

rmSync(dist, { recursive: true, force: true })
const compiler = join(root, 'node_modules/typescript/bin/tsc')
execFileSync(process.execPath, [compiler, '--project', join(root, 'tsconfig.build.json')], { stdio: 'inherit' })
for (const folder of SHIPPED) copyData(folder)
const { code } = await bundleWorkflowCode({
  workflowsPath: join(dist, 'workflows/index.js'),
  logger: { log: () => {}, trace: () => {}, debug: () => {}, info: () => {}, warn: console.warn, error: console.error },
})
writeFileSync(join(dist, 'workflow-bundle.cjs'), code)
chmodSync(join(dist, 'cli/bin.js'), 0o755)

/** Migrations, views, samples: whatever lies beside the code and is not code. */
function copyData(folder: string): void {
  for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.endsWith('.ts')) continue
    const path = join(entry.parentPath, entry.name)
    const target = join(dist, path.slice(root.length))
    mkdirSync(dirname(target), { recursive: true })
    cpSync(path, target)
  }
}
