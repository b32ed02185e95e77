/** A rule of a CODEOWNERS file, in the order of the file: the last that fits a path decides. */
export interface OwnersRule {
  readonly pattern: string
  /** `@user`, `@org/team` or an e-mail address; none takes the path out of an earlier rule. */
  readonly owners: readonly string[]
}

/** Where hosts look for the file, the first found wins. */
export const CODEOWNERS_PATHS = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS'] as const

/** Reads a CODEOWNERS file; lines that it does not understand are left out, as hosts do. */
export function parseCodeowners(text: string): OwnersRule[] {
  return text.split(/\r?\n/).flatMap((line): OwnersRule[] => {
    const words = line.trim().match(/(?:\\.|[^\s\\])+/g) ?? []
    const end = words.findIndex((word) => word.startsWith('#'))
    const [pattern, ...owners] = end < 0 ? words : words.slice(0, end)
    // Sections are GitLab's; negation and ranges are not allowed in the format.
    if (pattern === undefined || /^\[|^\^\[|^!/.test(pattern)) return []
    return [{ pattern: pattern.replace(/\\(.)/g, '$1'), owners: owners.filter((owner) => owner.includes('@')) }]
  })
}

/** Who owns a path by the rules: those of the last one that fits. */
export function createOwnersLookup(rules: readonly OwnersRule[]): (path: string) => readonly string[] {
  const compiled = rules.map(({ pattern, owners }) => ({ fits: compile(pattern), owners })).reverse()
  return (path) => compiled.find(({ fits }) => fits.test(path))?.owners ?? []
}

/** As in .gitignore: a slash at the front or in the middle ties the pattern to the root, a name means all below it too. */
function compile(pattern: string): RegExp {
  const tied = pattern.slice(0, -1).includes('/')
  const folder = pattern.endsWith('/')
  const body = pattern.replace(/^\/|\/$/g, '')
  const source = body
    .split('/')
    .map((part) => (part === '**' ? '**' : globPart(part)))
    .join('/')
    .replace(/^\*\*\//, '(?:.*/)?')
    .replace(/\/\*\*\//g, '/(?:.*/)?')
    .replace(/\/\*\*$/, '/.*')
    .replace(/^\*\*$/, '.*')
  // `docs/*` names the files in docs, not those below.
  const below = folder ? '/.*' : body.endsWith('/*') ? '' : '(?:/.*)?'
  return new RegExp(`^${tied ? '' : '(?:.*/)?'}${source}${below}$`, 's')
}

function globPart(part: string): string {
  return part.replace(/[.*+?^${}()|[\]\\]/g, (character) => {
    if (character === '*') return '[^/]*'
    return character === '?' ? '[^/]' : `\\${character}`
  })
}
