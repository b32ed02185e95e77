#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// The next command starts sooner.
enableCompileCache()
const { runCli } = await import('./program.ts')

process.exitCode = await runCli(process.argv.slice(2))
