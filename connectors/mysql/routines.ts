import { type AssetRecord, type Json, quoteIdentifier, quotePath } from '../kit/index.ts'
import { told, withProperties } from './facets.ts'
import type { FactsOf } from './facts/reading.ts'
import type { Row } from './session.ts'

const KINDS: Readonly<Record<string, string>> = {
  FUNCTION: 'function',
  PROCEDURE: 'procedure',
  PACKAGE: 'package',
  'PACKAGE BODY': 'package body',
}

/** The routines of one name: a function and a procedure may share it, and so do a package and its body. */
export function toRoutines(name: string, facts: FactsOf, database: string): AssetRecord[] {
  return facts('routine').map((row) => {
    const parameters = facts('parameter')
      .filter(({ routineType, ordinalPosition }) => routineType === row.routineType && Number(ordinalPosition) > 0)
      .sort((left, right) => Number(left.ordinalPosition) - Number(right.ordinalPosition))
    return toRoutine(name, row, parameters, database)
  })
}

function toRoutine(name: string, row: Row, parameters: readonly Row[], database: string): AssetRecord {
  const kind = KINDS[String(row.routineType)] ?? 'procedure'
  const language =
    String(row.routineBody) === 'SQL' ? 'sql' : String(row.externalLanguage ?? row.routineBody).toLowerCase()
  const body = row.routineDefinition
  const isBody = kind === 'package body'
  return {
    kind,
    path: isBody ? [database, name, 'body'] : [database, name],
    parent: isBody ? { group: 'code', path: [database, name] } : { group: 'container', path: [database] },
    ...told('owner', row.definer),
    ...told('comment', row.routineComment),
    ...withProperties({
      ...(kind.startsWith('package') ? {} : { arguments: parameters.map(toArgument) }),
      ...told('returns', kind === 'function' ? row.dtdIdentifier : null),
      language,
      deterministic: row.isDeterministic === 'YES',
      dataAccess: String(row.sqlDataAccess).toLowerCase(),
      security: String(row.securityType).toLowerCase(),
      sqlMode: String(row.sqlMode),
      ...(body === null || body === '' ? { definitionHidden: true } : {}),
    }),
    ...(body === null || body === ''
      ? {}
      : {
          definition: {
            language,
            text: language === 'sql' ? statementOf(kind, [database, name], row, parameters) : String(body),
          },
        }),
  }
}

function toArgument(row: Row): Json {
  return {
    ...told('name', row.parameterName),
    mode: String(row.parameterMode ?? 'in').toLowerCase(),
    type: String(row.dtdIdentifier),
  }
}

/** The whole statement, put together: information_schema has the body alone, `show create` asks for one by one. */
function statementOf(kind: string, path: readonly string[], row: Row, parameters: readonly Row[]): string {
  const body = String(row.routineDefinition)
  if (kind.startsWith('package')) return `CREATE ${kind.toUpperCase()} ${quotePath(path, '`')} ${body}`
  const list = parameters.map((parameter) => {
    const mode = kind === 'procedure' ? `${String(parameter.parameterMode)} ` : ''
    return `${mode}${quoteIdentifier(String(parameter.parameterName), '`')} ${String(parameter.dtdIdentifier)}`
  })
  const returns = kind === 'function' ? ` RETURNS ${String(row.dtdIdentifier)}` : ''
  return `CREATE ${kind.toUpperCase()} ${quotePath(path, '`')}(${list.join(', ')})${returns}\n${characteristicsOf(row)}\n${body}`
}

function characteristicsOf(row: Row): string {
  return [
    ...(row.isDeterministic === 'YES' ? ['DETERMINISTIC'] : []),
    String(row.sqlDataAccess),
    `SQL SECURITY ${String(row.securityType)}`,
  ].join(' ')
}

export function toEvent(name: string, facts: FactsOf, database: string): AssetRecord {
  const [row = {}] = facts('event')
  const text = String(row.eventDefinition ?? '')
  return {
    kind: 'event',
    path: [database, name],
    parent: { group: 'container', path: [database] },
    ...told('owner', row.definer),
    ...told('comment', row.eventComment),
    ...withProperties({
      ...(row.eventType === 'ONE TIME'
        ? told('at', row.executeAt)
        : { every: `${String(row.intervalValue)} ${String(row.intervalField).toLowerCase()}` }),
      ...told('starts', row.starts),
      ...told('ends', row.ends),
      timeZone: String(row.timeZone),
      status: String(row.status).toLowerCase(),
      preserve: row.onCompletion === 'PRESERVE',
      sqlMode: String(row.sqlMode),
    }),
    ...(text === '' ? {} : { definition: { language: 'sql', text } }),
  }
}

export function toLibrary(name: string, facts: FactsOf, database: string): AssetRecord {
  const [row = {}] = facts('library')
  return {
    kind: 'library',
    path: [database, name],
    parent: { group: 'container', path: [database] },
    ...told('owner', row.creator),
    ...told('comment', row.libraryComment),
    ...(row.libraryDefinition
      ? { definition: { language: String(row.language).toLowerCase(), text: String(row.libraryDefinition) } }
      : { properties: { definitionHidden: true } }),
  }
}
