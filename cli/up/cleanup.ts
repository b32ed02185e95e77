/** What has been started, to be stopped in the opposite order. */
export interface Cleanup {
  add(name: string, stop: () => PromiseLike<unknown>): void
  /** Stops everything; a part that fails to stop does not keep the others from it. */
  run(onError: (name: string, error: unknown) => void): Promise<void>
}

export function createCleanup(): Cleanup {
  const parts: { name: string; stop: () => PromiseLike<unknown> }[] = []
  return {
    add(name, stop) {
      parts.push({ name, stop })
    },
    async run(onError) {
      for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
        try {
          await part.stop()
        } catch (error) {
          onError(part.name, error)
        }
      }
    },
  }
}
