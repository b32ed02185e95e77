import { builtinModules } from 'node:module'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode } from '@temporalio/worker'
import { expect, test } from 'vitest'

const warnings: string[] = []
const note = (message: string) => warnings.push(message)
const nothing = () => {}

test('the workflow bundle holds the orchestration, nothing of Node and no step', async () => {
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
    logger: { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: note, error: note },
  })
  expect(warnings).toEqual([])
  const modules = [...code.matchAll(/^\/\*\*\*\/ "([^"]+)"/gm)].map(([, path = '']) => path)
  expect(modules).toContain('./sync/orchestrate.ts')
  expect(modules.filter((path) => builtinModules.includes(path.replace(/^node:/, '')))).toEqual([])
  expect(modules.filter((path) => /^\.\/(activities|cli|connectors|db|runtime|services|worker)\//.test(path))).toEqual(
    [],
  )
  expect(code).not.toMatch(/require\(["'](node:|crypto|fs|net)/)
})
