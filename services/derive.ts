import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { z } from 'zod'
import { type CaseLineage, failedCase, type LineageCase } from '../lineage/cases.ts'
import { createLineagePool } from '../lineage/pool.ts'
import { IngestError } from '../model/errors.ts'

const nullish = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? undefined)

const caseSchema = z.object({
  name: z.string(),
  dialect: z.string(),
  sql: z.string(),
  defaultDatabase: nullish(z.string()),
  defaultSchema: nullish(z.string()),
  schemas: nullish(z.record(z.string(), z.record(z.string(), z.string()))),
})

/** Threads beyond this bring nothing: statements are short. */
const MAX_THREADS = 4

/**
 * Derives the lineage of every case of a file, in order, one result each whatever happens to it.
 * Throws invalid_config where the file is no JSON array.
 */
export async function deriveCases(path: string, timeLimitMs: number): Promise<CaseLineage[]> {
  const cases = await readCases(path)
  const threads = Math.max(1, Math.min(availableParallelism(), MAX_THREADS, cases.length))
  await using pool = createLineagePool({ threads, timeLimitMs })
  return await Promise.all(cases.map((entry, index) => deriveOne(entry, index, (given) => pool.deriveCase(given))))
}

async function deriveOne(
  entry: unknown,
  index: number,
  derive: (given: LineageCase) => Promise<CaseLineage>,
): Promise<CaseLineage> {
  const parsed = caseSchema.safeParse(entry)
  if (parsed.success) return await derive(toCase(parsed.data))
  const name = z.object({ name: z.string() }).safeParse(entry).data?.name ?? `case ${index + 1}`
  const message = `not a case: ${z.prettifyError(parsed.error).replace(/\s+/g, ' ')}`
  return failedCase(name, { reason: 'parse_error', message, position: undefined, columns: [] }, 0)
}

function toCase({ name, dialect, sql, ...rest }: z.infer<typeof caseSchema>): LineageCase {
  return {
    name,
    dialect,
    sql,
    defaultDatabase: rest.defaultDatabase ?? null,
    defaultSchema: rest.defaultSchema ?? null,
    schemas: rest.schemas ?? null,
  }
}

async function readCases(path: string): Promise<unknown[]> {
  const hint = 'The file holds an array of { name, dialect, sql, defaultDatabase, defaultSchema, schemas }.'
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new IngestError('not_found', `cannot read ${path}: ${(error as Error).message}`, { cause: error, hint })
  }
  try {
    const cases: unknown = JSON.parse(text)
    if (Array.isArray(cases)) return cases
  } catch (error) {
    throw new IngestError('invalid_config', `${path} is not JSON: ${(error as Error).message}`, { cause: error, hint })
  }
  throw new IngestError('invalid_config', `${path} does not hold an array`, { hint })
}
