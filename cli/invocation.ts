import type { Io } from './io.ts'

/** One call of a verb. */
export interface Invocation<Options = Readonly<Record<string, unknown>>> {
  readonly io: Io
  readonly args: readonly string[]
  /** As commander parsed them, by camel-cased name. */
  readonly options: Options
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal
}

/** A verb's module: its exit code, 0 when it says nothing. */
export interface Verb {
  // Each verb names the options that the program declares for it.
  readonly run: (invocation: Invocation<never>) => Promise<number | undefined>
}
