import { IngestError } from '../../model/errors.ts'

export async function run(): Promise<number> {
  throw new IngestError('unsupported', 'not built yet')
}
