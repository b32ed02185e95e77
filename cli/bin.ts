#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { keepHeapSmall } from '../worker/memory.ts'

// The next command starts sooner.
enableCompileCache()
keepHeapSmall()
const { runCli } = await import('./program.ts')

process.exitCode = await runCli(process.argv.slice(2))
