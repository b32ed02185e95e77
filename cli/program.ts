import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { IngestError } from '../model/errors.ts'
import type { Invocation, Verb } from './invocation.ts'
import { createIo, EXIT, exitCodeFor, FORMS, type Form, type Io, type Streams } from './io.ts'
import { catchSignals } from './signals.ts'
import { readVersion } from './version.ts'

/** Runs one command line; resolves to the exit code. */
export async function runCli(argv: readonly string[], streams?: Streams): Promise<number> {
  // Read ahead of the parser, so that its own errors are told in the right form.
  const io = createIo({ form: readForm(argv) }, streams)
  const signals = catchSignals(() => io.note('stopping … (Ctrl-C again to stop at once)'))
  let code: number = EXIT.done
  const program = createProgram(io, async (load, args, options) => {
    const verb = await load()
    const invocation: Invocation = { io, args, options, signal: signals.signal }
    code = (await verb.run(invocation as Invocation<never>)) ?? EXIT.done
  })
  try {
    await program.parseAsync(argv as string[], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return tellUsage(io, error)
    io.error(error)
    return exitCodeFor(error)
  } finally {
    signals.release()
  }
}

/** The form that a command line asks for; the parser tells what is wrong with it. */
function readForm(argv: readonly string[]): Form {
  const end = argv.indexOf('--')
  const words = end < 0 ? argv : argv.slice(0, end)
  const place = words.findLastIndex((word) => word === '--output' || word === '-o')
  const joined = words.findLast((word) => word.startsWith('--output='))?.slice('--output='.length)
  const named = joined ?? (place < 0 ? undefined : words[place + 1])
  return FORMS.find((form) => form === named) ?? (words.includes('--json') ? 'json' : 'table')
}

function tellUsage(io: Io, error: CommanderError): number {
  if (error.exitCode === 0) return EXIT.done
  // Help shown for want of a verb has said what there is to say.
  if (error.code === 'commander.help') return EXIT.usage
  const [message = '', ...more] = error.message.replace(/^error: /, '').split('\n')
  const hint = more.join(' ').replace(/^\((.*)\)$/, '$1') || 'See tidemark --help, or tidemark help <verb>.'
  io.error(new IngestError('invalid_config', message, { hint }))
  return EXIT.usage
}

type Call = (
  load: () => Promise<Verb>,
  args: readonly string[],
  options: Readonly<Record<string, unknown>>,
) => Promise<void>

function createProgram(io: Io, call: Call): Command {
  const program = new Command('tidemark')
    .description('Crawls the metadata of your data systems into one PostgreSQL store, incrementally, on schedules.')
    .version(readVersion(), '-V, --version')
    .option('--json', 'print one JSON document instead of text (docs/cli.md has the shapes)')
    .addOption(new Option('-o, --output <form>', 'the form of the result; json is what --json gives').choices(FORMS))
    .exitOverride()
    // Errors come out of parseAsync and are told once, by runCli.
    .configureOutput({ outputError: () => {}, writeOut: io.write })
    .showHelpAfterError(false)
  const verb = (usage: string, description: string, load: () => Promise<Verb>) =>
    program
      .command(usage)
      .description(description)
      .action(async (...parameters: unknown[]) => {
        const command = parameters.at(-1) as Command
        await call(load, command.args, command.opts())
      })
  declareSources(verb)
  declareSyncs(verb)
  declareCatalog(verb)
  declareService(verb)
  declareCompletion(program, io, call)
  if (io.json) program.configureHelp({ helpWidth: 120 })
  return program
}

/** The shells' scripts are written from the program as it is declared; what they ask for while one types is no verb to see. */
function declareCompletion(program: Command, io: Io, call: Call): void {
  program
    .command('completion')
    .description('print a script that completes commands in your shell: source <(tidemark completion bash)')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { writeCompletion } = await import('./completion/index.ts')
      io.write(writeCompletion(shell, program))
    })
  program
    .command('__complete <what>', { hidden: true })
    .action(async (_what: string, _options: unknown, command: Command) => {
      await call(() => import('./verbs/complete.ts'), command.args, {})
    })
}

/** As the kit has it; importing it here would slow down the start of every command. */
const PREVIEW_MAX_ROWS = 1_000

type Declare = (usage: string, description: string, load: () => Promise<Verb>) => Command

function declareSources(verb: Declare): void {
  const config = (command: Command) =>
    command
      .option('--set <key=value>', 'a setting of the connector, JSON or text (repeatable)', collect, [])
      .option('--password-env <name>', 'take the password from this environment variable, by reference')
      .option('--password-stdin', 'read the password from standard input')
  config(
    verb(
      'add <url>',
      'add a source: test it, save it, schedule it, run its first sync',
      () => import('./verbs/add.ts'),
    ),
  )
    .option('--name <name>', 'its name in the catalog')
    .option('--schedule <when>', '"every 15m", "@daily", "0 3 * * mon-fri in Europe/Berlin", "none" …')
    .option('--label <key=value>', 'a label (repeatable)', collect, [])
    .option('--queue <name>', 'the task queue of the workers that alone reach it: tidemark worker --queue <name>')
    .option('--preview', 'allow looking at rows: tidemark preview ASSET')
    .option('--budget <what=most>', 'what a run may ask: requests, bytes or cost (repeatable)', collect, [])
    .option('--no-test', 'do not test the connection first')
    .option('--no-sync', 'do not run the first sync')
    .option('-y, --yes', 'ask nothing; take the defaults')
    .option('--local', 'run the first sync in this process')
  config(verb('test <source>', 'test the connection of a source, or of a URL', () => import('./verbs/test.ts')))
  verb(
    'connectors [type...]',
    'list the connectors, or all settings of one',
    () => import('./verbs/connectors.ts'),
  ).option('--grants', 'the statements that give a source its rights, as a script')
  verb('sources', 'list the sources: last sync, next sync, size', () => import('./verbs/sources.ts'))
  verb(
    'status',
    'how the sources are doing: health, freshness, syncs; exit code 3 when one needs attention',
    () => import('./verbs/status.ts'),
  )
  verb('apply [file]', 'make the sources what a file says (tidemark.yaml)', () => import('./verbs/apply.ts'))
    .option('--dry-run', 'show what would change, and change nothing')
    .option('--prune', 'remove the sources that the file does not name')
    .option('-y, --yes', 'do not ask')
    .option('--no-test', 'do not test what changes before it is saved')
  verb(
    'export',
    'write the sources as a file that `apply` reads, or the catalog with its lineage as OpenLineage events',
    () => import('./verbs/export.ts'),
  )
    .addArgument(new Argument('<what>').choices(['sources', 'openlineage']))
    .argument('[file]', 'where to; standard output when absent')
    .option('--source <name>', 'of openlineage: only what this source tells')
    .option('--force', 'write over a file that is there')
  verb('schema', 'print the JSON Schema of tidemark.yaml, for editors', () => import('./verbs/schema.ts'))
  verb('pause <source>', "stop a source's schedule", () => import('./verbs/pause.ts'))
  verb('resume <source>', "start a source's schedule again", () => import('./verbs/resume.ts'))
  verb('schedule <source> <when>', 'give a source another schedule', () => import('./verbs/schedule.ts'))
  verb(
    'remove <source>',
    'remove a source, its schedule and what only it has catalogued',
    () => import('./verbs/remove.ts'),
  ).option('-y, --yes', 'do not ask')
}

function declareSyncs(verb: Declare): void {
  const scoped = (command: Command) =>
    command
      .option('--scope <key>', 'confine it to a scope, such as a database (repeatable)', collect, [])
      .option('--local', 'run it in this process, without Temporal')
  scoped(verb('plan <source>', 'show what a sync would do, without doing it', () => import('./verbs/plan.ts'))).option(
    '--why',
    'tell of every object whether the filters let it in, and by which rule',
  )
  scoped(
    verb('sync [sources...]', 'sync sources now (all active ones when none is named)', () => import('./verbs/sync.ts')),
  )
    .option('--full', 'describe everything again')
    .option('--no-wait', 'ask for it and return')
  verb('runs [source]', 'list past syncs', () => import('./verbs/runs.ts')).option(
    '-n, --limit <count>',
    'how many',
    count,
    20,
  )
  verb('run <id>', 'show one sync: its scopes, errors and changes', () => import('./verbs/run.ts'))
  const decision = (command: Command) =>
    command
      .option('--list', 'show the proposals and decide nothing')
      .option('--no-sync', 'decide, but do not sync')
      .option('--local', 'run the sync in this process')
  decision(
    verb(
      'approve <source> [assets...]',
      'approve removals that were held back: all, or those named (globs)',
      () => import('./verbs/approve.ts'),
    ),
  )
  decision(
    verb(
      'reject <source> [assets...]',
      'keep what was proposed for removal: all, or those named (globs)',
      () => import('./verbs/reject.ts'),
    ),
  )
}

function declareCatalog(verb: Declare): void {
  const diagram = (command: Command, kind: string) =>
    command
      .addOption(new Option('--mermaid', `as ${kind} in Mermaid`).conflicts('dot'))
      .option('--dot', `as ${kind} in DOT, for Graphviz`)
  diagram(
    verb(
      'show <asset>',
      'show an asset or a source: columns, keys, lineage, definition',
      () => import('./verbs/show.ts'),
    ).option('--erd', 'the tables of a schema, or a table and its neighbours, with their keys'),
    'an ER diagram',
  )
  diagram(
    verb(
      'lineage [asset]',
      'what an asset, or a column (ASSET.COLUMN), is made from, and what is made from it',
      () => import('./verbs/lineage.ts'),
    )
      .option('--up', 'only what it is made from')
      .option('--down', 'only what is made from it')
      .option('--depth <steps>', 'how far', count, 10)
      .option('--columns', 'which column each column is made from')
      .addOption(
        new Option('--gaps', 'what lineage does not know, and why').conflicts([
          'up',
          'down',
          'columns',
          'mermaid',
          'dot',
        ]),
      )
      .option('--source <name>', 'with --gaps: of one source'),
    'a flowchart',
  )
  verb(
    'impact <asset>',
    'what a change of an asset, or of a column (ASSET.COLUMN), may reach, and whom to ask',
    () => import('./verbs/impact.ts'),
  ).option('--column <name>', 'of this column')
  verb('diff <asset>', 'an asset at two times: what is different', () => import('./verbs/diff.ts'))
    .requiredOption('--from <when>', 'a date, or how long ago, such as 7d')
    .option('--to <when>', 'likewise; now when absent')
  verb('tag <asset> <tags...>', 'put tags on an asset, or on a column: ASSET#COLUMN', () => import('./verbs/tag.ts'))
  verb('untag <asset> <tags...>', 'take tags away', () => import('./verbs/untag.ts'))
  verb('own <asset> <owners...>', 'name owners of an asset', () => import('./verbs/own.ts'))
  verb('disown <asset> <owners...>', 'take away owners named by hand', () => import('./verbs/disown.ts'))
  verb('search <words...>', 'find assets by name, column or comment', () => import('./verbs/search.ts'))
    .option('-k, --kind <kind>', 'only this kind (repeatable)', collect, [])
    .option('-n, --limit <count>', 'how many', count, 20)
  verb('changes [source]', 'what changed, latest first', () => import('./verbs/changes.ts'))
    .option('--since <when>', 'a date, or a duration such as 2d', '7d')
    .option('--run <id>', 'of one run', count)
    .option('--asset <name>', 'of one asset')
    .addOption(new Option('--severity <severity>', 'at least so severe').choices(['breaking', 'risky', 'safe']))
    .option('--baseline', 'first crawls too, a line each')
    .option('-n, --limit <count>', 'how many', count, 100)
  verb(
    'preview <asset>',
    'show the first rows of an asset, where its source allows it',
    () => import('./verbs/preview.ts'),
  ).option('--rows <count>', 'how many, up to 1,000', previewRows, 20)
  verb(
    'derive <cases.json>',
    'derive the lineage of statements in a file, without a store',
    () => import('./verbs/derive.ts'),
  ).option('--time-limit <duration>', 'for each case', '10s')
  verb('sql [query]', 'query the store, read-only; without a query, open psql on it', () => import('./verbs/sql.ts'))
}

function declareService(verb: Declare): void {
  verb(
    'webhook <source>',
    'tell what to enter at a source, so that it tells by itself when something moves',
    () => import('./verbs/webhook.ts'),
  )
  verb('up', 'run Tidemark: store, Temporal, worker, schedules, until Ctrl-C', () => import('./verbs/up.ts'))
    .option('--sample', 'with no source configured: make a sample company and crawl it')
    .option('--once', 'sync once and end')
    .option('--port <port>', "insist on this port for Tidemark's own PostgreSQL", port)
    .option('--temporal-port <port>', "insist on this port for Tidemark's own Temporal", port)
  verb(
    'worker',
    'run a worker alone, against the store of DATABASE_URL and the Temporal of TEMPORAL_ADDRESS, until told to stop',
    () => import('./verbs/worker.ts'),
  ).option('--queue <name>', 'serve this task queue only, such as the one a source names (repeatable)', collect, [])
  verb(
    'maintain',
    'do what the maintenance schedule does: retention, partitions, statistics of the store',
    () => import('./verbs/maintain.ts'),
  )
  verb(
    'rotate-key',
    "encrypt every source's data key under a new master key, while syncs go on",
    () => import('./verbs/rotate-key.ts'),
  ).option('--data-keys', 'give each source a new data key too: its secrets are encrypted anew')
  verb(
    'doctor',
    'check store, Temporal, workers, key and every source; tell what mends them',
    () => import('./verbs/doctor.ts'),
  ).option('--fix', 'mend what needs no decision: schedules that are missing, drifted or left over')
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value]
}

function count(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number above zero.')
  return value
}

function previewRows(text: string): number {
  const value = count(text)
  if (value > PREVIEW_MAX_ROWS) throw new InvalidArgumentError(`A preview has at most ${PREVIEW_MAX_ROWS} rows.`)
  return value
}

function port(text: string): number {
  const value = count(text)
  if (value > 65_535) throw new InvalidArgumentError('A port is at most 65535.')
  return value
}
