const SAMPLE_MS = 150
/** Collecting may take this part of the time; a large heap is looked at less often. */
const SHARE = 0.2

/** Collects garbage again and again and notes what is left, in and beside the heap; needs `--expose-gc`. */
export function watchHeld(): Disposable & { megabytes(): number | undefined } {
  const { gc } = globalThis
  if (gc === undefined) return { megabytes: () => undefined, [Symbol.dispose]() {} }
  let most = 0
  const sample = () => {
    const started = performance.now()
    gc()
    const { heapUsed, external } = process.memoryUsage()
    most = Math.max(most, heapUsed + external)
    timer = setTimeout(sample, Math.max(SAMPLE_MS, (performance.now() - started) / SHARE))
  }
  let timer = setTimeout(sample, SAMPLE_MS)
  return { megabytes: () => most / 2 ** 20, [Symbol.dispose]: () => clearTimeout(timer) }
}
