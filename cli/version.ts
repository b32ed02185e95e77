import { readFileSync } from 'node:fs'

/** One folder up in a clone, two when published. */
export function readVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Record<
        string,
        string
      >
      if (name === 'tidemark' && version !== undefined) return version
    } catch {
      // Not there: the other layout.
    }
  }
  return 'unknown'
}
