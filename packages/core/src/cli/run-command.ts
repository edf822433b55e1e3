import { EXIT } from '../errors/errors.js'
import { Interrupted } from '../errors/interrupted.js'
import { printable } from '../errors/printable.js'
import { reportError } from '../errors/report-error.js'
import { jsonFromInt } from '../types/json-int.js'
import { abortOnSignals } from './abort-on-signals.js'
import { readCommandLine } from './build-program.js'
import type { CommandContext, CommandSpec, GlobalOptions } from './command-types.js'
import type { App } from './open-app.js'
import { flush, guardOutput } from './process-output.js'

/** Runs a command as this process and ends it: the one place that calls `process.exit`. */
export async function runCommand<Options extends object>(
  spec: CommandSpec<Options>,
  words: readonly string[] = process.argv.slice(2),
): Promise<void> {
  // What is made is for us alone: the umask of whoever started us has no part in it.
  process.umask(0o077)
  const stdout = guardOutput(process.stdout)
  guardOutput(process.stderr)
  failWhenNothingIsLeft(spec.name)
  const output = { stdout: (text: string) => void process.stdout.write(text), stderr: (text: string) => void process.stderr.write(text) }
  const line = readCommandLine(spec, words, output)
  let exitCode = line.kind === 'exit' ? line.exitCode : await execute(spec, line.options, line.args)
  await flush(process.stdout)
  const lost = stdout.failure()
  if (lost !== null) {
    output.stderr(`${spec.name}: cannot write the result: ${lost.message}\n`)
    exitCode = exitCode === EXIT.done ? EXIT.failed : exitCode
  }
  await flush(process.stderr)
  process.exit(exitCode)
}

async function execute<Options extends object>(
  spec: CommandSpec<Options>,
  options: Options & GlobalOptions,
  args: readonly string[],
): Promise<number> {
  const signals = abortOnSignals((exitCode) => process.exit(exitCode))
  const opened: App[] = []
  const bug = unhandledError()
  const attended = spec.attended?.(options) ?? 'none'
  const startedAtMs = performance.now()
  const context: CommandContext<Options> = {
    options,
    args,
    signal: signals.signal,
    openApp: async (role, { evenUnmounted = false, meanwhile } = {}) => {
      const { openApp } = await import('./open-app.js')
      const app = await openApp({ command: spec.name, role, options, signal: signals.signal })
      opened.push(app)
      if (attended === 'backup') await (await import('../monitoring/attend-run.js')).beforeRun(spec.name, app)
      if (evenUnmounted) return app
      const { assertMounted } = await import('../snapshot/assert-mounted.js')
      const asserting = assertMounted(app.config, role, app.exec)
      meanwhile?.(app)
      await asserting
      return app
    },
    print: (text) => void process.stdout.write(`${text.split('\n').map(printable).join('\n')}\n`),
    printJson: (value) => void process.stdout.write(`${JSON.stringify(value, bigintAsJsonInt, 2)}\n`),
  }
  let exitCode: number
  try {
    exitCode = (await Promise.race([spec.run(context), bug])) ?? EXIT.done
  } catch (error) {
    exitCode = fail(spec.name, options, signals.signal.aborted ? signals.signal.reason : error, opened)
  }
  const run = { command: spec.name, exitCode, durationSeconds: (performance.now() - startedAtMs) / 1000 }
  if (attended !== 'none') for (const app of opened) (await import('../monitoring/attend-run.js')).recordRun(run, app)
  for (const app of opened) await app.close()
  // Last, so that no lock is held while a hook runs.
  if (attended === 'backup') for (const app of opened) await (await import('../monitoring/attend-run.js')).afterRun(run, app)
  return exitCode
}

/** A command that waits for what can no longer come has not succeeded: Node.js would end it with exit code 0. */
function failWhenNothingIsLeft(command: string): void {
  process.once('beforeExit', () => {
    process.stderr.write(`${command}: this is a bug in lustrebackup, please report it: the command waits for nothing\n`)
    process.exit(EXIT.failed)
  })
}

/** Rejects with what nobody awaited or caught; the run ends in order all the same. */
function unhandledError(): Promise<never> {
  const rejected = new Promise<never>((_, reject) => {
    process.on('uncaughtException', reject)
    process.on('unhandledRejection', reject)
  })
  rejected.catch(() => undefined)
  return rejected
}

function fail(command: string, options: GlobalOptions, error: unknown, opened: readonly App[]): number {
  if (error instanceof Interrupted) {
    for (const app of opened) app.logFile.info('stopped by a signal', { signal: error.signalName })
    process.stderr.write(`${command}: ${error.message}\n`)
    return error.exitCode
  }
  const debug = options.verbose || opened.some((app) => app.config.global.loglevel === 'debug')
  const report = reportError(error, command, debug)
  for (const app of opened) app.logFile.error('failed', { error, exitCode: report.exitCode })
  process.stderr.write(`${report.lines.join('\n')}\n`)
  return report.exitCode
}

function bigintAsJsonInt(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? jsonFromInt(value) : value
}
