import { type AssetRecord, type Json, optional, quotePath, toldOf, withProperties } from '../kit/index.ts'
import { sqlTypeText } from './fields.ts'
import type { DatasetRef, Routine } from './resources.ts'

/** The listing tells little unless it is asked for these. https://cloud.google.com/bigquery/docs/reference/rest/v2/routines/list */
export const ROUTINE_MASK =
  `routineType,creationTime,language,arguments,returnType,returnTableType,importedLibraries,definitionBody,description,
  determinismLevel,securityMode,strictMode,remoteFunctionOptions,sparkOptions,pythonOptions,dataGovernanceType`.replace(
    /\s+/g,
    '',
  )

const KINDS: Readonly<Record<string, string>> = {
  SCALAR_FUNCTION: 'function',
  AGGREGATE_FUNCTION: 'aggregate function',
  TABLE_VALUED_FUNCTION: 'table function',
  PROCEDURE: 'procedure',
}

export function toRoutineRecord({ project, dataset }: DatasetRef, routine: Routine): AssetRecord {
  const name = routine.routineReference?.routineId ?? ''
  const path = [project, dataset, name]
  const { language = 'SQL', determinismLevel, remoteFunctionOptions: remote, sparkOptions: spark } = routine
  return {
    kind: KINDS[routine.routineType ?? ''] ?? 'function',
    path,
    parent: { group: 'container', path: [project, dataset] },
    nativeId: `${path.join('.')}@${routine.creationTime ?? ''}`,
    ...optional('comment', routine.description),
    ...withProperties({
      arguments: argumentsOf(routine),
      returns: returnsOf(routine),
      language: language === 'LANGUAGE_UNSPECIFIED' ? 'SQL' : language,
      determinism: determinismLevel === 'DETERMINISM_LEVEL_UNSPECIFIED' ? undefined : determinismLevel,
      security: routine.securityMode === 'SECURITY_MODE_UNSPECIFIED' ? undefined : routine.securityMode,
      masking: routine.dataGovernanceType === 'DATA_MASKING' ? true : undefined,
      libraries: routine.importedLibraries,
      remote: remote === undefined ? undefined : toldOf({ endpoint: remote.endpoint, connection: remote.connection }),
      spark:
        spark === undefined
          ? undefined
          : toldOf({ connection: spark.connection, file: spark.mainFileUri, class: spark.mainClass }),
    }),
    ...definitionOf(routine, path),
  }
}

function argumentsOf({ arguments: list = [] }: Routine): Json | undefined {
  if (list.length === 0) return undefined
  return list.map((argument) =>
    toldOf({
      name: argument.name,
      type: argumentType(argument),
      mode: argument.mode === 'MODE_UNSPECIFIED' ? undefined : argument.mode,
    }),
  )
}

type Argument = NonNullable<Routine['arguments']>[number]

function argumentType({ argumentKind, dataType, tableType }: Argument): string {
  if (argumentKind === 'ANY_TYPE') return 'ANY TYPE'
  if (argumentKind === 'ANY_TABLE') return 'ANY TABLE'
  return argumentKind === 'FIXED_TABLE' ? tableTypeText(tableType) : sqlTypeText(dataType)
}

function returnsOf({ returnType, returnTableType }: Routine): string | undefined {
  if (returnTableType !== undefined) return tableTypeText(returnTableType)
  return returnType === undefined ? undefined : sqlTypeText(returnType)
}

function tableTypeText(type: Routine['returnTableType']): string {
  return `TABLE<${(type?.columns ?? []).map(({ name, type: inner }) => `${name} ${sqlTypeText(inner)}`).join(', ')}>`
}

/** What the API calls the body is the statement's end alone: SQL is kept as the statement that would make it. */
function definitionOf(routine: Routine, path: readonly string[]): Pick<AssetRecord, 'definition'> {
  const { definitionBody: body, language = 'SQL' } = routine
  if (body === undefined || body === '') return {}
  if (language !== 'SQL' && language !== 'LANGUAGE_UNSPECIFIED') {
    return { definition: { language: language.toLowerCase(), text: body } }
  }
  return { definition: { language: 'sql', text: statementOf(routine, path, body) } }
}

function statementOf(routine: Routine, path: readonly string[], body: string): string {
  const list = (routine.arguments ?? []).map((argument) => {
    const mode = argument.mode === undefined || argument.mode === 'MODE_UNSPECIFIED' ? '' : `${argument.mode} `
    return `${mode}${argument.name ?? ''} ${argumentType(argument)}`
  })
  const head = `${quotePath(path, '`')}(${list.join(', ')})`
  const returns = returnsOf(routine)
  const result = returns === undefined ? '' : ` RETURNS ${returns}`
  if (routine.routineType === 'PROCEDURE') {
    return `CREATE PROCEDURE ${head}\n${/^\s*begin\b/i.test(body) ? body : `BEGIN\n${body}\nEND`}`
  }
  if (routine.routineType === 'TABLE_VALUED_FUNCTION') return `CREATE TABLE FUNCTION ${head}${result} AS (\n${body}\n)`
  const kind = routine.routineType === 'AGGREGATE_FUNCTION' ? 'AGGREGATE FUNCTION' : 'FUNCTION'
  return `CREATE ${kind} ${head}${result} AS (\n${body}\n)`
}
