import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const LOADER = `
import { registerHooks } from 'node:module'
const loaded = new Set()
registerHooks({ load: (url, context, next) => { loaded.add(url); return next(url, context) },
                resolve: (name, context, next) => { const found = next(name, context); loaded.add(found.url); return found } })
const module = await import(process.argv[1])
console.log(JSON.stringify({ type: module.default?.manifest?.type ?? module.manifest?.type, loaded: [...loaded] }))
`

/** Imports a module in a fresh process; tells the connector type it exports and the URLs of all modules loaded. */
export async function importAlone(
  url: string,
): Promise<{ readonly type: string | undefined; readonly loaded: readonly string[] }> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', LOADER, url], {
    maxBuffer: 1 << 24,
  })
  return JSON.parse(stdout) as { type: string | undefined; loaded: string[] }
}

/** The npm packages among loaded modules. */
export function packagesOf(loaded: readonly string[]): string[] {
  const names = loaded.flatMap((url) => {
    const match = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)
    return match?.[1] === undefined ? [] : [match[1]]
  })
  return [...new Set(names)].sort()
}
