import type { Completed, CompletedVerb, Words } from './describe.ts'

/** A script for bash: `source <(tidemark completion bash)`. */
export function writeBash({ options, verbs }: Completed): string {
  const everywhere = options.flatMap(({ long, short }) => [long, ...(short === undefined ? [] : [short])])
  return `# Completion of tidemark for bash. Use it with: source <(tidemark completion bash)
_tidemark_words() {
  local IFS=$' \\t\\n'
  case "$1" in
    @files)
      compopt -o filenames 2>/dev/null
      IFS=$'\\n'
      COMPREPLY=( $(compgen -f -- "$2") ) ;;
    @sources|@connectors) COMPREPLY=( $(compgen -W "$("\${COMP_WORDS[0]}" __complete "\${1#@}" 2>/dev/null)" -- "$2") ) ;;
    *) COMPREPLY=( $(compgen -W "$1" -- "$2") ) ;;
  esac
}

_tidemark() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" verb="" option="" takes=0 place=0 i word
  COMPREPLY=()
  for (( i = 1; i < COMP_CWORD; i++ )); do
    word="\${COMP_WORDS[i]}"
    if [[ "$word" == "=" ]]; then takes=1; continue; fi
    if (( takes )); then takes=0; continue; fi
    case "$word" in
      -*)
        option="$word"
        case "$verb $word" in
${options.flatMap(optionPatterns('*')).join('\n')}
${verbs.flatMap((verb) => verb.options.flatMap(optionPatterns(verb.name))).join('\n')}
        esac ;;
      *) if [[ -z "$verb" ]]; then verb="$word"; else place=$(( place + 1 )); fi ;;
    esac
  done
  if [[ "$cur" == "=" ]]; then cur=""; takes=1; fi
  if (( takes )); then
    case "$verb $option" in
${[...options.flatMap(valuePatterns('*')), ...verbs.flatMap((verb) => verb.options.flatMap(valuePatterns(verb.name)))].join('\n')}
    esac
    return
  fi
  if [[ "$cur" == -* ]]; then
    case "$verb" in
${verbs.map((verb) => `      ${verb.name}) _tidemark_words ${quote([...optionWords(verb), ...everywhere].join(' '))} "$cur" ;;`).join('\n')}
      *) _tidemark_words ${quote(everywhere.join(' '))} "$cur" ;;
    esac
    return
  fi
  case "$verb:$place" in
    :*) _tidemark_words ${quote(verbs.map(({ name }) => name).join(' '))} "$cur" ;;
${verbs.flatMap(placePatterns).join('\n')}
  esac
}
complete -F _tidemark tidemark
`
}

type Options = CompletedVerb['options']

const optionWords = ({ options }: { readonly options: Options }) =>
  options.flatMap(({ long, short }) => [long, ...(short === undefined ? [] : [short])])

const flagsOf = (verb: string, { long, short }: Options[number]) =>
  [long, ...(short === undefined ? [] : [short])]
    .map((flag) => (verb === '*' ? `*" ${flag}"` : `"${verb} ${flag}"`))
    .join('|')

/** The options that a value follows. */
const optionPatterns = (verb: string) => (option: Options[number]) =>
  option.value === undefined ? [] : [`          ${flagsOf(verb, option)}) takes=1 ;;`]

const valuePatterns = (verb: string) => (option: Options[number]) =>
  option.value === undefined || option.value.length === 0
    ? []
    : [`      ${flagsOf(verb, option)}) _tidemark_words ${wordsText(option.value)} "$cur" ;;`]

function placePatterns({ name, words, repeats }: CompletedVerb): string[] {
  return words.flatMap((one, place) => {
    if (one.length === 0) return []
    const pattern = repeats && place === words.length - 1 ? `${name}:*` : `${name}:${place}`
    return [`    ${pattern}) _tidemark_words ${wordsText(one)} "$cur" ;;`]
  })
}

const wordsText = (words: Words) => quote(typeof words === 'string' ? `@${words}` : words.join(' '))

const quote = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`
