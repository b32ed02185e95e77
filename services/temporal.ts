import { existsSync, readFileSync } from 'node:fs'
import { Client, Connection, type ConnectionOptions } from '@temporalio/client'
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common'
import { IngestError } from '../model/errors.ts'
import type { Settings } from './settings.ts'

/** A Temporal that answers. */
export interface TemporalLink extends AsyncDisposable {
  readonly client: Client
  /** Whether the namespace has Tidemark's search attributes. */
  readonly searchable: boolean
  /** Whether it is this Tidemark's own, so that whatever lies under its names may be replaced. */
  readonly own: boolean
}

/** Those that Tidemark's workflows set, where the namespace has them; each a keyword. */
export const SEARCH_ATTRIBUTES = ['TidemarkSource', 'TidemarkConnector', 'TidemarkOutcome']
const CONNECT_SECONDS = 10

/** By which a person filters in the Temporal UI. */
export function searchAttributes(source: { readonly name: string; readonly connector: string }): SearchAttributePair[] {
  return [
    { key: defineSearchAttributeKey('TidemarkSource', 'KEYWORD'), value: source.name },
    { key: defineSearchAttributeKey('TidemarkConnector', 'KEYWORD'), value: source.connector },
  ]
}

export interface TemporalPlace {
  readonly address: string
  /** Whether it is the server that this Tidemark started. */
  readonly own: boolean
}

/** The namespace to work in; Tidemark's own server has the one. */
export function temporalNamespace(settings: Settings, own: boolean): string {
  return own ? 'default' : settings.namespace
}

/** How to reach Temporal, for clients and workers alike. */
export type TemporalConnection = Pick<ConnectionOptions, 'tls' | 'apiKey'> & { readonly address: string }

export function temporalConnection(settings: Settings, { address, own }: TemporalPlace): TemporalConnection {
  // Tidemark's own server has no TLS, whatever the settings say about another.
  if (own) return { address }
  const { tls, apiKey } = settings
  const pair =
    tls?.clientCert === undefined || tls.clientKey === undefined
      ? undefined
      : { crt: readPem(tls.clientCert), key: readPem(tls.clientKey) }
  const secured = {
    ...(tls?.serverName === undefined ? {} : { serverNameOverride: tls.serverName }),
    ...(tls?.serverCa === undefined ? {} : { serverRootCACertificate: readPem(tls.serverCa) }),
    ...(pair === undefined ? {} : { clientCertPair: pair }),
  }
  return {
    address,
    ...(tls === undefined ? {} : { tls: secured }),
    ...(apiKey === undefined ? {} : { apiKey, tls: tls === undefined ? true : secured }),
  }
}

/** PEM text as it is, or that of the file named. */
function readPem(text: string): Buffer {
  if (text.includes('-----BEGIN')) return Buffer.from(text)
  if (existsSync(text)) return readFileSync(text)
  throw new IngestError(
    'invalid_config',
    `temporal.yaml: tls: ${JSON.stringify(text.slice(0, 80))} is neither PEM text nor a file`,
  )
}

/** Connects to Temporal. @throws IngestError `dependency_unavailable` when it does not answer. */
export async function connectTemporal(settings: Settings, place: TemporalPlace): Promise<TemporalLink> {
  const { address, own } = place
  const namespace = temporalNamespace(settings, own)
  let connection: Connection | undefined
  try {
    connection = await Connection.connect({
      ...temporalConnection(settings, place),
      connectTimeout: CONNECT_SECONDS * 1000,
    })
    const client = new Client({ connection, namespace })
    await client.workflowService.describeNamespace({ namespace })
    const searchable = await hasSearchAttributes(connection, namespace)
    const opened = connection
    return { client, searchable, own, [Symbol.asyncDispose]: () => opened.close() }
  } catch (error) {
    await connection?.close()
    throw temporalError(error, settings, address)
  }
}

/** Namespaces differ in whether they allow to ask or to have them; without them the UI merely has fewer filters. */
async function hasSearchAttributes(connection: Connection, namespace: string): Promise<boolean> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace })
    return SEARCH_ATTRIBUTES.every((name) => name in customAttributes)
  } catch {
    return false
  }
}

function temporalError(error: unknown, settings: Settings, address: string): IngestError {
  if (error instanceof IngestError) return error
  const { code, details } = error as { code?: number; details?: string }
  const message = details || (error instanceof Error ? error.message : String(error))
  // gRPC: 5 not found, 7 permission denied, 16 unauthenticated.
  if (code === 5) {
    return new IngestError(
      'invalid_config',
      `Temporal at ${address} has no namespace ${JSON.stringify(settings.namespace)}`,
      {
        hint: 'Set TEMPORAL_NAMESPACE, or namespace in temporal.yaml.',
        cause: error,
      },
    )
  }
  if (code === 7 || code === 16) {
    return new IngestError('auth', `Temporal at ${address} refused the credentials: ${message}`, {
      hint: 'Check apiKey or tls in temporal.yaml (TEMPORAL_API_KEY, TEMPORAL_TLS_CERT, TEMPORAL_TLS_KEY).',
      cause: error,
    })
  }
  return new IngestError('dependency_unavailable', `Temporal at ${address} does not answer: ${message}`, {
    hint: 'Check TEMPORAL_ADDRESS and that the server is up; `tidemark sync --local` works without it.',
    cause: error,
  })
}
