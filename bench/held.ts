const SAMPLE_MS = 150

/** Collects garbage again and again and notes what is left, in and beside the heap; needs `--expose-gc`. */
export function watchHeld(): Disposable & { megabytes(): number | undefined } {
  const { gc } = globalThis
  if (gc === undefined) return { megabytes: () => undefined, [Symbol.dispose]() {} }
  let most = 0
  const sample = () => {
    gc()
    const { heapUsed, external } = process.memoryUsage()
    most = Math.max(most, heapUsed + external)
  }
  const timer = setInterval(sample, SAMPLE_MS)
  return { megabytes: () => most / 2 ** 20, [Symbol.dispose]: () => clearInterval(timer) }
}
