import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { IngestError } from '../model/errors.ts'
import { cacheDirectory, putInPlace, withTemporaryBeside } from './cache.ts'
import { platformPackage } from './postgres-binaries.ts'
import { lastLines, run } from './process.ts'

// Other major versions, for tests against them: the same npm packages, at these versions, kept in the cache.
const PACKAGE_VERSIONS: Readonly<Record<string, string>> = {
  '12': '12.22.0-beta.15',
  '13': '13.23.0-beta.16',
  '14': '14.23.0-beta.17',
  '15': '15.18.0-beta.17',
  '16': '16.14.0-beta.17',
  '17': '17.10.0-beta.17',
}

/** The folder of the programs of a major version; undefined for the built-in one. Installs it the first time. */
export async function installPostgres(
  major: string,
  onStatus?: (message: string) => void,
): Promise<string | undefined> {
  if (major === '18') return undefined
  const version = PACKAGE_VERSIONS[major]
  if (!version)
    throw new IngestError(
      'invalid_config',
      `PostgreSQL ${major} is not one of ${Object.keys(PACKAGE_VERSIONS).join(', ')}, 18`,
    )
  const name = platformPackage()
  const target = join(cacheDirectory(), 'postgres', version)
  const binDirectory = join(target, 'node_modules', name, 'native', 'bin')
  if (existsSync(binDirectory)) return binDirectory
  onStatus?.(`PostgreSQL ${major}: installing ${name}@${version} from npm`)
  await withTemporaryBeside(target, async (folder) => {
    const args = [
      'install',
      '--prefix',
      folder,
      '--no-save',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      `${name}@${version}`,
    ]
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
    const { code, output } = await run({ command: npm, args }, { timeoutMs: 180_000 })
    if (code !== 0)
      throw new IngestError('dependency_unavailable', `Could not install ${name}@${version}:\n${lastLines(output)}`)
    putInPlace(folder, target)
  })
  return binDirectory
}
