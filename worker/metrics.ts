import { readConnectionGauges, readSourceGauges } from '../db/queries-metrics.ts'
import type { Store } from '../db/store.ts'
import type { SyncOutcome } from '../model/sync.ts'

/** Counts what this process does, and tells it with what the store knows in Prometheus' text format. */
export interface Metrics {
  countRun(outcome: SyncOutcome): void
  /** https://prometheus.io/docs/instrumenting/exposition_formats/ */
  render(): Promise<string>
}

export interface MetricsFacts {
  readonly store: Store
  readonly organization: string
  readonly version: string
  readonly buildId?: string
  /** Where Temporal's own numbers are told, once they are. */
  readonly temporalUrl: () => string | undefined
}

type Labels = Readonly<Record<string, string>>

interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly samples: readonly { readonly labels?: Labels; readonly value: number }[]
}

const OUTCOMES: readonly SyncOutcome[] = ['succeeded', 'gaps', 'held', 'cancelled', 'failed']
const TEMPORAL_LIMIT_MS = 2_000

export function createMetrics(facts: MetricsFacts): Metrics {
  const runs = new Map<SyncOutcome, number>(OUTCOMES.map((outcome) => [outcome, 0]))
  return {
    countRun: (outcome) => runs.set(outcome, (runs.get(outcome) ?? 0) + 1),
    async render() {
      const [store, temporal] = await Promise.all([storeFamilies(facts), readTemporal(facts.temporalUrl())])
      return [...processFamilies(facts, runs), ...store].map(renderFamily).join('') + temporal
    },
  }
}

function processFamilies({ version, buildId }: MetricsFacts, runs: ReadonlyMap<SyncOutcome, number>): Family[] {
  return [
    {
      name: 'tidemark_worker_info',
      type: 'gauge',
      help: 'The version of this worker; always 1.',
      samples: [{ labels: { version, build_id: buildId ?? '' }, value: 1 }],
    },
    {
      name: 'tidemark_sync_runs_total',
      type: 'counter',
      help: 'Syncs that this worker has closed, by outcome.',
      samples: [...runs].map(([outcome, value]) => ({ labels: { outcome }, value })),
    },
    {
      name: 'process_resident_memory_bytes',
      type: 'gauge',
      help: 'Resident memory of this worker.',
      samples: [{ value: process.memoryUsage.rss() }],
    },
    {
      name: 'process_start_time_seconds',
      type: 'gauge',
      help: 'When this worker started, in seconds since 1970.',
      samples: [{ value: Math.round(Date.now() / 1000 - process.uptime()) }],
    },
  ]
}

/** What the store knows; that it cannot be asked is told as a number too. */
async function storeFamilies({ store, organization }: MetricsFacts): Promise<Family[]> {
  const up = (value: number): Family => ({
    name: 'tidemark_store_up',
    type: 'gauge',
    help: 'Whether the metadata store answers.',
    samples: [{ value }],
  })
  try {
    const [sources, connections] = await Promise.all([
      readSourceGauges(store.sql, organization),
      readConnectionGauges(store.sql),
    ])
    const perSource = (
      name: string,
      help: string,
      value: (source: (typeof sources)[number]) => number | null,
    ): Family => ({
      name,
      type: 'gauge',
      help,
      samples: sources.flatMap((source) => {
        const found = value(source)
        return found === null ? [] : [{ labels: { source: source.source, connector: source.connector }, value: found }]
      }),
    })
    return [
      up(1),
      perSource(
        'tidemark_source_last_success_age_seconds',
        'Seconds since the last sync that succeeded, or since the source was added when none has.',
        ({ successAge }) => successAge,
      ),
      perSource(
        'tidemark_source_interval_seconds',
        'Seconds between two syncs, where the schedule is an interval.',
        ({ every }) => every,
      ),
      perSource(
        'tidemark_source_held_removals',
        'Removals that wait for a decision.',
        ({ heldRemovals }) => heldRemovals,
      ),
      perSource('tidemark_source_healthy', 'Whether the last probe succeeded.', ({ healthy }) => (healthy ? 1 : 0)),
      {
        name: 'tidemark_store_connections',
        type: 'gauge',
        help: 'Connections of every Tidemark to the store, by state.',
        samples: [
          { labels: { state: 'active' }, value: connections.active },
          { labels: { state: 'idle' }, value: connections.idle },
        ],
      },
      {
        name: 'tidemark_store_connections_limit',
        type: 'gauge',
        help: 'Connections that the store takes from everybody (max_connections).',
        samples: [{ value: connections.limit }],
      },
    ]
  } catch {
    return [up(0)]
  }
}

/** Temporal's numbers of this process; none while they cannot be had. */
async function readTemporal(url: string | undefined): Promise<string> {
  if (url === undefined) return ''
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TEMPORAL_LIMIT_MS) })
    return response.ok ? await response.text() : ''
  } catch {
    return ''
  }
}

function renderFamily({ name, type, help, samples }: Family): string {
  if (samples.length === 0) return ''
  const lines = samples.map(({ labels, value }) => `${name}${renderLabels(labels)} ${value}`)
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n')
}

function renderLabels(labels: Labels = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

function escapeLabel(value: string): string {
  return value.replaceAll(/[\\"\n]/g, (character) => ESCAPES[character] ?? character)
}
