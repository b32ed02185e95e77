/** How many nodes are asked for at a time: less when the server finds it too much, slowly more again when it does not. */
export interface PageSize {
  readonly current: number
  /** False when it is down to one already. */
  halve(): boolean
  /** After each answer. */
  grow(): void
}

/** So many answers in a row before more is asked for. */
const PATIENCE = 5

export function createPageSize(start: number, max: number): PageSize {
  let current = start
  let answers = 0
  return {
    get current() {
      return current
    },
    halve() {
      answers = 0
      if (current === 1) return false
      current = Math.ceil(current / 2)
      return true
    },
    grow() {
      answers += 1
      if (answers < PATIENCE) return
      answers = 0
      current = Math.min(max, Math.ceil(current * 1.25))
    },
  }
}
