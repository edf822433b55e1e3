import { Command, Help, type Option } from 'commander'
import { EXIT, type ExitCode } from '../errors/errors.js'
import { VERSION } from '../version.js'
import type { CommandSpec, GlobalOptions } from './command-types.js'

const EXIT_CODES = `
Exit codes:
  0 done   1 failed   2 wrong usage or configuration   3 another run holds the lock   4 verification found differences
  5 an incremental backup is impossible   6 done, but some entries could not be copied`

export interface ProgramOutput {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
}

/** What the command line says; or the exit code when all is said already (`--help`, `--version`, wrong usage). */
export type CommandLine<Options> =
  | { readonly kind: 'run'; readonly options: Options & GlobalOptions; readonly args: readonly string[] }
  | { readonly kind: 'exit'; readonly exitCode: ExitCode }

/** Reads the words behind the name of the program. */
export function readCommandLine<Options extends object>(
  spec: CommandSpec<Options>,
  words: readonly string[],
  output: ProgramOutput,
): CommandLine<Options> {
  const program = buildProgram(spec, output)
  try {
    program.parse(words, { from: 'user' })
  } catch (error) {
    if (!isCommanderError(error)) throw error
    return { kind: 'exit', exitCode: error.exitCode === 0 ? EXIT.done : EXIT.usage }
  }
  return { kind: 'run', options: program.opts(), args: program.args }
}

/** The declaration of a command with the options that all have: what `--help`, manual pages and completions are made from. */
export function buildProgram<Options extends object>(spec: CommandSpec<Options>, output: ProgramOutput): Command {
  const program = new Command(spec.name)
    .description(spec.description)
    .option('-c, --config <path>', 'configuration file', '/etc/lustrebackup.conf')
    .option('-v, --verbose', 'say on stderr what is being done', false)
    .option('--json', 'print results as JSON', false)
    .option('--no-progress', 'show no progress on a terminal')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', exitCodesOf(spec))
    .allowExcessArguments(false)
    .exitOverride()
    .configureHelp({ optionDescription: describeOption })
    .configureOutput({
      writeOut: output.stdout,
      writeErr: output.stderr,
      outputError: (text, write) => write(`${spec.name}: ${text.replace(/^error: /, '')}`),
    })
    .showHelpAfterError(`what to do: see ${spec.name} --help`)
    .action(() => undefined)
  spec.declare(program)
  return program
}

/** With its default, but for a flag: that it is off without being given goes without saying. */
function describeOption(option: Option): string {
  return option.defaultValue === false ? option.description : new Help().optionDescription(option)
}

/** The part of `--help` that tells what the exit codes mean. */
export function exitCodesOf(spec: Pick<CommandSpec<object>, 'exitCodes'>): string {
  return spec.exitCodes === undefined ? EXIT_CODES : `\nExit codes:\n  ${spec.exitCodes}`
}

function isCommanderError(error: unknown): error is { readonly exitCode: number } {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.')
}
