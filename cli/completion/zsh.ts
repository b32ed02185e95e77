import type { Completed, CompletedOption, CompletedVerb, Words } from './describe.ts'

/** A script for zsh: a file `_tidemark` in a folder of $fpath, or `source <(tidemark completion zsh)` after compinit. */
export function writeZsh({ options, verbs }: Completed): string {
  return `#compdef tidemark
# Completion of tidemark for zsh. Use it with: source <(tidemark completion zsh), after compinit; or as a file
# _tidemark in a folder of $fpath.
_tidemark_asked() {
  local -a names
  names=(\${(f)"$(tidemark __complete $1 2>/dev/null)"})
  compadd -a names
}

_tidemark() {
  local curcontext="$curcontext" state line
  local -a verbs
  typeset -A opt_args
  _arguments -C \\
${options.map((option) => `    ${optionText(option)} \\`).join('\n')}
    '1: :->verb' '*:: :->rest'
  case $state in
    verb)
      verbs=(
${verbs.map(({ name, description }) => `        ${quote(`${name}:${description}`)}`).join('\n')}
      )
      _describe -t verbs verb verbs ;;
    rest)
      case $words[1] in
${verbs.map((verb) => verbText(verb, options)).join('\n')}
      esac ;;
  esac
}

if [[ $funcstack[1] == _tidemark ]]; then _tidemark "$@"; else compdef _tidemark tidemark; fi
`
}

function verbText({ name, options, words, repeats }: CompletedVerb, everywhere: readonly CompletedOption[]): string {
  const places = words.map((one, place) => {
    const last = repeats && place === words.length - 1
    return quote(`${last ? '*' : place + 1}:word:${actionText(one)}`)
  })
  return `        ${name}) _arguments ${[...[...options, ...everywhere].map(optionText), ...places].join(' ')} ;;`
}

function optionText({ long, short, description, value }: CompletedOption): string {
  const about = `[${description.replaceAll(/[[\]]/g, '').replaceAll(':', '\\:')}]`
  const rest = quote(`${about}${value === undefined ? '' : `:value:${actionText(value)}`}`)
  return short === undefined ? `${long}${rest}` : `'(${short} ${long})'{${short},${long}}${rest}`
}

function actionText(words: Words): string {
  if (words === 'files') return '_files'
  if (words === 'sources' || words === 'connectors') return `_tidemark_asked ${words}`
  return words.length === 0 ? ' ' : `(${words.join(' ')})`
}

const quote = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`
