#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { keepHeapSmall } from '../worker/memory.ts'

// The next command starts sooner.
enableCompileCache()
keepHeapSmall()
// Who reads the output may stop early, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})
const { runCli } = await import('./program.ts')

process.exitCode = await runCli(process.argv.slice(2))
