import { IngestError } from '../../model/errors.ts'
import {
  type ConnectorFacts,
  type ConnectorSetting,
  describeConnector,
  loadConnectors,
} from '../../services/connectors.ts'
import { loadSettings } from '../../services/settings.ts'
import type { Invocation } from '../invocation.ts'
import type { Io } from '../io.ts'
import { table } from '../text.ts'

interface Options {
  readonly grants?: true
}

export async function run({ io, args, options }: Invocation<Options>): Promise<undefined> {
  const registry = await loadConnectors(await loadSettings())
  // `connectors show TYPE` says the same as `connectors TYPE`.
  const [type] = args[0] === 'show' ? args.slice(1) : args
  if (type !== undefined) {
    const facts = describeConnector(registry.get(type))
    io.data({ connector: facts })
    return options.grants === true ? printGrants(io, facts) : printConnector(io, facts)
  }
  if (options.grants === true) {
    throw new IngestError('invalid_config', 'whose rights?', { hint: 'tidemark connectors show TYPE --grants' })
  }
  const connectors = registry.list().map(describeConnector)
  io.data({ connectors })
  const lines = table(connectors, [
    { title: 'TYPE', value: (connector) => connector.type },
    { title: 'TITLE', value: (connector) => connector.title },
    { title: 'CATEGORY', value: (connector) => connector.category },
    { title: 'VERSION', value: (connector) => connector.version },
    { title: 'URLS', value: (connector) => connector.urlSchemes.map((scheme) => `${scheme}:`).join(' ') },
    { title: 'CATALOGUES', value: (connector) => connector.kinds.join(', '), width: 90 },
  ])
  for (const line of lines) io.print(line)
}

/** A script to fill in: a statement a line, its `{placeholders}` as the manifest has them. */
function printGrants(io: Io, { grants }: ConnectorFacts): undefined {
  for (const { purpose, statement } of grants) {
    io.print(`-- ${purpose}`)
    for (const line of statement.split(/;\s*(?=[A-Z])/)) io.print(/[;…]$/.test(line) ? line : `${line};`)
    io.print()
  }
}

function printConnector(io: Io, facts: ConnectorFacts): undefined {
  io.print(`${io.style('bold', facts.title)} (${facts.type} ${facts.version}), a scope is a ${facts.scope}`)
  io.print(`URLs: ${facts.urlSchemes.map((scheme) => `${scheme}:`).join(' ')}`)
  io.print(`Catalogues: ${facts.kinds.join(', ')}`)
  io.print('\nSettings')
  const lines = table(facts.settings, [
    { title: 'KEY', value: (setting) => setting.key },
    { title: 'TYPE', value: (setting) => setting.type, width: 60 },
    { title: '', value: settingNote },
    { title: 'WHAT', value: (setting) => setting.description, width: 100 },
  ])
  for (const line of lines) io.print(`  ${line}`)
  io.print('\nRights it needs')
  for (const { purpose, statement } of facts.grants) io.print(`  ${purpose}: ${statement}`)
  io.print(`\nExample\n  ${JSON.stringify(facts.example)}`)
}

function settingNote(setting: ConnectorSetting): string {
  const parts = [
    ...(setting.required ? ['required'] : []),
    ...(setting.secret ? ['secret'] : []),
    ...(setting.default === undefined ? [] : [`default ${JSON.stringify(setting.default)}`]),
  ]
  return parts.join(', ')
}
