import { enableCompileCache } from 'node:module'
import { keepHeapSmall } from '../worker/memory.ts'

// As cli/bin.ts begins; see syncs.ts for what the process does.
enableCompileCache()
keepHeapSmall()
await import('./syncs.ts')
