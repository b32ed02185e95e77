import type { Owned, Tagged } from '../services/annotations.ts'
import type { Io } from './io.ts'
import { clean } from './text.ts'

export function printTags(io: Io, tagged: Tagged): void {
  io.data(tagged)
  const tags = tagged.tags.filter(({ column }) => column === tagged.column).map(({ tag }) => tag)
  const place = tagged.column === null ? tagged.asset : `${tagged.asset}#${tagged.column}`
  io.print(clean(`${place}: ${tags.length === 0 ? 'no tags' : tags.join(', ')}`))
}

export function printOwners(io: Io, owned: Owned): void {
  io.data(owned)
  const owners = owned.owners.map(({ owner, origin }) => (origin === 'manual' ? owner : `${owner} (in the source)`))
  io.print(clean(`${owned.asset}: ${owners.length === 0 ? 'no owner' : owners.join(', ')}`))
}
