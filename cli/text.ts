/** `1 table`, `2 tables`, `3 queries`. */
export function count(value: number, noun: string): string {
  return `${value.toLocaleString('en')} ${value === 1 ? noun : plural(noun)}`
}

function plural(noun: string): string {
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`
  return /(s|x|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`
}

/** `0.4 s`, `12 s`, `3 min 20 s`. */
export function seconds(value: number): string {
  if (value < 10) return `${value.toFixed(1)} s`
  if (value < 120) return `${Math.round(value)} s`
  return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** `3 minutes ago`, `in 2 hours`. */
export function relative(time: Date, now: Date = new Date()): string {
  const away = (time.getTime() - now.getTime()) / 1000
  const [unit, size] = UNITS.find(([, length]) => Math.abs(away) >= length) ?? ['second', 1]
  return new Intl.RelativeTimeFormat('en', { numeric: 'always' }).format(Math.round(away / size), unit)
}

/** `2026-11-21 04:30:00`, in the time zone of this machine. */
export function timestamp(time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-')
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
}

type Cell = string | number | boolean | Date | null | undefined

export interface Column<Row> {
  readonly title: string
  readonly value: (row: Row) => Cell
  readonly align?: 'right'
  /** Longer text is cut with an ellipsis. */
  readonly width?: number
}

/** Rows as aligned columns under their titles; columns that are empty throughout are left out, unless all are wanted. */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  options: { readonly all?: boolean } = {},
): readonly string[] {
  const cells = columns.map(({ value, width }) => rows.map((row) => cut(cellText(value(row)), width ?? 80)))
  const kept = columns.flatMap((column, index) => {
    const texts = cells[index] ?? []
    if (options.all !== true && texts.every((text) => text === '')) return []
    const size = Math.max(column.title.length, ...texts.map((text) => [...text].length))
    return [{ ...column, texts, size }]
  })
  const line = (texts: readonly string[]) =>
    kept
      .map(({ align, size }, index) => pad(texts[index] ?? '', size, align === 'right'))
      .join('  ')
      .trimEnd()
  return [
    line(kept.map(({ title }) => title)),
    ...rows.map((_, row) => line(kept.map(({ texts }) => texts[row] ?? ''))),
  ]
}

function pad(text: string, size: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, size - [...text].length))
  return right ? space + text : text + space
}

function cut(text: string, width: number): string {
  const characters = [...text]
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join('')}…`
}

// Names come from the systems crawled: a control character in one must not reach the terminal.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g

export function clean(text: string): string {
  return text.replace(CONTROL, ' ')
}

function cellText(value: Cell): string {
  if (value === null || value === undefined) return ''
  return value instanceof Date ? timestamp(value) : clean(String(value))
}
