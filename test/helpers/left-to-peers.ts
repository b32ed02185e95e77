import { readdirSync } from 'node:fs'

/** Says at the end of `npm test` which suites it has left out. */
export function setup(): () => void {
  const suites = readdirSync(new URL('../peers', import.meta.url))
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => file.replace('.test.ts', ''))
  return () => {
    console.log(
      `Left to \`npm run test:peers\`, as their servers are heavy to install, or they take long: ${suites.join(', ')}`,
    )
  }
}
