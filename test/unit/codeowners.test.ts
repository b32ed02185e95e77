import { expect, test } from 'vitest'
import { createOwnersLookup, parseCodeowners } from '../../connectors/kit/index.ts'

/** The example of https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners, shortened. */
const TEXT = `
# comments, and blank lines
*       @global-owner1 @global-owner2
*.js    @js-owner #inline
*.go docs@example.com
/build/logs/ @doctocat
docs/*  docs@example.com
apps/ @octocat
/scripts/ @doctocat @octocat
**/logs @logs
/apps/github
[Section] @gitlab
!negated @nobody
a\\ b.txt @space
`

test.each([
  ['README.md', ['@global-owner1', '@global-owner2']],
  ['src/deep/a.js', ['@js-owner']],
  ['a.go', ['docs@example.com']],
  ['build/logs/x.txt', ['@logs']],
  ['build/logs', ['@logs']],
  ['docs/getting-started.md', ['docs@example.com']],
  ['docs/build-app/troubleshooting.md', ['@global-owner1', '@global-owner2']],
  ['some/apps/x', ['@octocat']],
  ['scripts/run', ['@doctocat', '@octocat']],
  ['other/scripts/run', ['@global-owner1', '@global-owner2']],
  ['deep/logs/x', ['@logs']],
  ['apps/github/x', []],
  ['a b.txt', ['@space']],
])('%s is owned by %j', (path, owners) => {
  expect(createOwnersLookup(parseCodeowners(TEXT))(path)).toEqual(owners)
})
