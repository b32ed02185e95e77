/** Cuts a list into pages of at most `size`. */
export function* pagesOf<T>(items: readonly T[], size: number): Generator<readonly T[], void, void> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}
