import type { Command } from 'commander'
import { writeBash } from './bash.ts'
import { describeProgram } from './describe.ts'
import { writeFish } from './fish.ts'
import { writeZsh } from './zsh.ts'

const WRITERS = { bash: writeBash, zsh: writeZsh, fish: writeFish } as const

/** The script that makes a shell complete the program's verbs, their options, sources and connectors. */
export function writeCompletion(shell: keyof typeof WRITERS, program: Command): string {
  return WRITERS[shell](describeProgram(program))
}
