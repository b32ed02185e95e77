import type { Argument, Command, Option } from 'commander'

/** What a word may be completed with. */
export type Words = 'sources' | 'connectors' | 'files' | readonly string[]

export interface CompletedOption {
  readonly short?: string
  readonly long: string
  readonly description: string
  /** What its value may be; undefined when it takes none, empty when anything goes. */
  readonly value?: Words
}

export interface CompletedVerb {
  readonly name: string
  readonly description: string
  readonly options: readonly CompletedOption[]
  /** By position; the last one stands for all that follow when `repeats`. */
  readonly words: readonly Words[]
  readonly repeats: boolean
}

export interface Completed {
  readonly options: readonly CompletedOption[]
  readonly verbs: readonly CompletedVerb[]
}

/** What there is to complete, read off the program itself. */
export function describeProgram(program: Command): Completed {
  const help = program.createHelp()
  const options = (command: Command) => help.visibleOptions(command).flatMap(describeOption)
  const verbs = help.visibleCommands(program).map((command): CompletedVerb => {
    const { registeredArguments } = command
    return {
      name: command.name(),
      description: command.description(),
      options: options(command),
      words: registeredArguments.map(wordsOf),
      repeats: registeredArguments.at(-1)?.variadic === true,
    }
  })
  const names = verbs.map(({ name }) => name)
  return {
    options: options(program),
    verbs: verbs.map((verb) => (verb.name === 'help' ? { ...verb, words: [names] } : verb)),
  }
}

function describeOption(option: Option): CompletedOption[] {
  const { long, short, description, required, optional } = option
  if (typeof long !== 'string') return []
  return [
    {
      long,
      description,
      ...(typeof short === 'string' ? { short } : {}),
      ...(required || optional ? { value: option.argChoices ?? [] } : {}),
    },
  ]
}

/** By the names that the program gives its arguments. */
const WORDS: Readonly<Record<string, Words>> = {
  source: 'sources',
  sources: 'sources',
  type: 'connectors',
  url: 'files',
  file: 'files',
}

function wordsOf(argument: Argument): Words {
  return argument.argChoices ?? WORDS[argument.name()] ?? []
}
