import { IngestError } from '../../kit/index.ts'
import { type Connection, type Metadata, type Question, TooMuch, unlessTooMuch } from '../metadata.ts'
import { createPageSize, type PageSize } from '../page-size.ts'
import { MAX_PAGE } from '../questions.ts'
import type { FieldNode } from '../shapes.ts'

interface Fielded {
  readonly id: string
  readonly fieldsConnection: Connection<FieldNode | null>
}

/** The fields of some data sources, by the source's id. */
export type FieldsRead = ReadonlyMap<string, readonly FieldNode[]>

/** Fields come a page at a time, those of several data sources at once while they are few. */
export interface FieldReader {
  read(question: Question, ids: readonly string[]): Promise<FieldsRead>
}

export function createFieldReader(metadata: Metadata): FieldReader {
  const sources = createPageSize(10, 50)
  const fields = createPageSize(MAX_PAGE, MAX_PAGE)
  const ask = async (question: Question, ids: readonly string[], after: string | null) =>
    await unlessTooMuch(metadata.page<Fielded>(question, { ids, first: ids.length, fields: fields.current, after }))
  return {
    async read(question, ids) {
      const read = new Map<string, readonly FieldNode[]>()
      for (let start = 0; start < ids.length; ) {
        const wanted = ids.slice(start, start + sources.current)
        const answer = await ask(question, wanted, null)
        if (answer === undefined || answer.nodes.length < answer.totalCount) {
          shrink(wanted.length === 1 ? fields : sources, question, wanted)
          continue
        }
        for (const node of answer.nodes) read.set(node.id, await readRest(question, node))
        start += wanted.length
        sources.grow()
        fields.grow()
      }
      return read
    },
  }

  /** The pages of one data source after the first, until as many have come as the server counts. */
  async function readRest(question: Question, { id, fieldsConnection }: Fielded): Promise<FieldNode[]> {
    const found = new Map<string, FieldNode>()
    let page = fieldsConnection
    while (true) {
      for (const node of page.nodes) if (node !== null) found.set(node.id, node)
      if (found.size >= page.totalCount) return [...found.values()]
      const after = page.pageInfo.endCursor
      const next = await ask(question, [id], after)
      const following = next?.nodes[0]?.fieldsConnection
      if (following === undefined) {
        shrink(fields, question, [id])
        continue
      }
      if (following.nodes.length === 0 || after === null) throw cutShort(question, id, found.size, page.totalCount)
      page = following
    }
  }
}

function shrink(size: PageSize, { name }: Question, ids: readonly string[]): void {
  if (size.halve()) return
  throw new IngestError('data_integrity', `${name}: the fields of ${ids.join(', ')} are more than the server answers`, {
    cause: new TooMuch(name),
  })
}

function cutShort({ name }: Question, id: string, came: number, total: number): IngestError {
  return new IngestError('data_integrity', `${name}: ${came} of the ${total} fields of ${id} came, and no more`)
}
