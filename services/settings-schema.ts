import { z } from 'zod'
import { DEFAULT_RETRY } from '../sync/retry.ts'
import { parseDuration } from './duration.ts'
import { parseSchedule } from './schedule-text.ts'

const duration = z.string().transform((text, context) => valid(() => parseDuration(text), context))

const scheduleText = z.string().transform((text, context) => valid(() => parseSchedule(text)?.text ?? 'none', context))

/** Whole days, as partitions and rows are not looked at more closely; `forever` keeps everything. */
const days = z
  .string()
  .transform((text, context) =>
    text === 'forever' ? undefined : valid(() => Math.max(1, Math.ceil(parseDuration(text) / DAY_MS)), context),
  )
const DAY_MS = 86_400_000

/** Values that a parser of ours refuses become issues of the file, at their line. */
function valid<T>(parse: () => T, context: z.RefinementCtx): T {
  try {
    return parse()
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message })
    return z.NEVER
  }
}

function retryProfile(name: keyof typeof DEFAULT_RETRY) {
  const fallback = DEFAULT_RETRY[name]
  return z
    .strictObject({
      initialInterval: duration.optional(),
      backoff: z.number().min(1).max(10).default(fallback.backoff),
      maximumInterval: duration.optional(),
      maximumAttempts: z.int().min(1).max(1000).default(fallback.maximumAttempts),
    })
    .prefault({})
    .transform((profile) => ({
      initialIntervalMs: profile.initialInterval ?? fallback.initialIntervalMs,
      backoff: profile.backoff,
      maximumIntervalMs: profile.maximumInterval ?? fallback.maximumIntervalMs,
      maximumAttempts: profile.maximumAttempts,
    }))
}

const slots = (fallback: number) => z.int().min(1).max(10_000).default(fallback)

/** What temporal.yaml may say; unknown keys are refused. */
export const settingsSchema = z.strictObject({
  address: z.string().min(1).optional(),
  namespace: z.string().min(1).default('default'),
  apiKey: z.string().min(1).optional(),
  tls: z
    .strictObject({
      clientCert: z.string().optional(),
      clientKey: z.string().optional(),
      serverCa: z.string().optional(),
      serverName: z.string().optional(),
    })
    .optional(),
  taskQueues: z.strictObject({ sync: z.string().min(1).default('tidemark') }).prefault({}),
  worker: z
    .strictObject({
      maxConcurrentActivities: slots(20),
      maxConcurrentWorkflowTasks: slots(40).refine((count) => count >= 2, 'must be at least 2'),
      maxCachedWorkflows: slots(200),
      shutdownGrace: duration.prefault('10s'),
      deployment: z.strictObject({ name: z.string().min(1), buildId: z.string().min(1) }).optional(),
    })
    .prefault({}),
  http: z.strictObject({ host: z.string().min(1).default('127.0.0.1'), port: z.int().min(1).max(65_535) }).optional(),
  window: z.int().min(1).max(64).default(4),
  batch: z.int().min(1).max(10_000).default(500),
  noProgressSeconds: z.number().min(10).max(86_400).default(900),
  statisticsInterval: duration.prefault('24h'),
  queryLogInterval: duration.prefault('1h'),
  lineageTimeLimit: duration.prefault('5s'),
  retry: z.strictObject({ source: retryProfile('source'), store: retryProfile('store') }).prefault({}),
  defaultSchedule: scheduleText.default('every 1h jitter 5m'),
  health: scheduleText.default('every 15m'),
  maintenance: scheduleText.default('@daily jitter 30m'),
  retention: z
    .strictObject({
      runs: days.prefault('90d'),
      keepRuns: z.int().min(1).max(100_000).default(20),
      changes: days.prefault('400d'),
      versions: days.prefault('400d'),
      audit: days.prefault('400d'),
      logLineage: days.prefault('90d'),
    })
    .prefault({}),
  connectors: z.array(z.string().min(1)).default([]),
})

export type Settings = z.output<typeof settingsSchema>
