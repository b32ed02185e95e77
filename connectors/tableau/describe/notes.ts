import type { Metadata } from '../metadata.ts'
import type { Edges } from './edges.ts'

/** What the server said of its answers counts for all that was read from them. */
export function noteGaps({ notes }: Metadata, edges: Edges): void {
  for (const [code, note] of notes) edges.gap(code.toLowerCase(), note)
}
