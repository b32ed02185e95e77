import type { Completed, CompletedOption, CompletedVerb, Words } from './describe.ts'

/** A script for fish: `tidemark completion fish | source`, or a file in its folder of completions. */
export function writeFish({ options, verbs }: Completed): string {
  const names = verbs.map(({ name }) => name).join(' ')
  return `# Completion of tidemark for fish. Use it with: tidemark completion fish | source
complete -c tidemark -f
function __tidemark_no_verb
  not __fish_seen_subcommand_from ${names}
end
${[
  ...options.map((option) => `complete -c tidemark ${optionText(option)}`),
  ...verbs.map(
    ({ name, description }) => `complete -c tidemark -n __tidemark_no_verb -a ${name} -d ${quote(description)}`,
  ),
  ...verbs.flatMap(verbLines),
].join('\n')}
`
}

function verbLines({ name, options, words }: CompletedVerb): string[] {
  const condition = `-n '__fish_seen_subcommand_from ${name}'`
  return [
    ...options.map((option) => `complete -c tidemark ${condition} ${optionText(option)}`),
    ...[...new Set(words.map(wordsText))]
      .filter((text) => text !== '')
      .map((text) => `complete -c tidemark ${condition} ${text}`),
  ]
}

function optionText({ long, short, description, value }: CompletedOption): string {
  const parts = [
    `-l ${long.replace(/^--/, '')}`,
    ...(short === undefined ? [] : [`-s ${short.replace(/^-/, '')}`]),
    ...(value === undefined ? [] : ['-x']),
    ...(value === undefined || value.length === 0 ? [] : [wordsText(value)]),
    `-d ${quote(description)}`,
  ]
  return parts.join(' ')
}

function wordsText(words: Words): string {
  if (words === 'files') return '-F'
  if (words === 'sources' || words === 'connectors') return `-a ${quote(`(tidemark __complete ${words} 2>/dev/null)`)}`
  return words.length === 0 ? '' : `-a ${quote(words.join(' '))}`
}

const quote = (text: string) => `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`
