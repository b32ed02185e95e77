export type Environment = Readonly<Record<string, string | undefined>>

/** What the references of one step are read with; what has been fetched for one of them serves the others. */
export interface Reading {
  readonly env: Environment
  readonly fetched: Map<string, Promise<unknown>>
}

/** The surroundings of a step's references: forgotten with it, so that no secret is kept for longer. */
export function beginReading(env: Environment = process.env): Reading {
  return { env, fetched: new Map() }
}
