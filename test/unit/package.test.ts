import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

interface Entry {
  readonly version?: string
  readonly resolved?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
  readonly packages: Readonly<Record<string, Entry>>
}

/** Whether Node finds `name` from the package at `place`: beside it, or in a folder above. */
function finds(place: string, name: string): boolean {
  for (let folder = place; folder !== ''; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (`${folder}/node_modules/${name}` in lock.packages) return true
  }
  return `node_modules/${name}` in lock.packages
}

// A lock file written where another platform's packages are not to be had leaves them out; `npm ci` then refuses it.
test('the lock file has every package, those of other platforms too, and no host name', () => {
  const entries = Object.entries(lock.packages)
  const missing = entries.flatMap(([place, { dependencies, devDependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...(place === '' ? devDependencies : {}), ...optionalDependencies })
      .filter((name) => !finds(place, name))
      .map((name) => `${place || 'package.json'} needs ${name}`),
  )
  expect(missing).toEqual([])
  expect(entries.filter(([, { resolved }]) => resolved !== undefined)).toEqual([])
})

test('what package.json asks for has an exact version', () => {
  const { dependencies, devDependencies } = lock.packages[''] as Entry
  for (const version of Object.values({ ...dependencies, ...devDependencies })) {
    expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
  }
})
