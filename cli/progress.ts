import type { Io } from './io.ts'

export interface Task {
  readonly title: string
  /** Tells what it is doing now; resolves to the line that stays. */
  readonly run: (tell: (line: string) => void) => Promise<string>
}

/** A line that only repeats the last one with other numbers is worth printing so often. */
const LINE_EVERY_MS = 2_000

/** Runs tasks: drawn over one another on a terminal, as plain lines elsewhere. The first failure is thrown after all ended. */
export async function showProgress(io: Io, concurrent: boolean, tasks: readonly Task[]): Promise<void> {
  if (io.interactive) return await drawTasks(concurrent, tasks)
  const run = async (task: Task) => io.print(`${task.title}: ${await task.run(throttled(task.title, io))}`)
  if (!concurrent) {
    for (const task of tasks) await run(task)
    return
  }
  const ended = await Promise.allSettled(tasks.map(run))
  const failed = ended.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

function throttled(title: string, io: Io): (line: string) => void {
  let last = ''
  let at = Date.now()
  return (line) => {
    if (line === last || Date.now() - at < LINE_EVERY_MS) return
    last = line
    at = Date.now()
    io.note(`${title}: ${line}`)
  }
}

async function drawTasks(concurrent: boolean, tasks: readonly Task[]): Promise<void> {
  const { Listr } = await import('listr2')
  const list = new Listr(
    tasks.map(({ title, run }) => ({
      title,
      task: async (_: unknown, task: { title: string; output: string }) => {
        const line = await run((text) => {
          task.output = text
        })
        task.title = `${title}: ${line}`
      },
    })),
    // Ctrl-C is ours: it cancels the work rather than the drawing.
    { concurrent, exitOnError: !concurrent, registerSignalListeners: false },
  )
  await list.run()
  const failed = list.errors?.[0]
  if (failed !== undefined) throw failed.error ?? failed
}
