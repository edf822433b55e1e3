import type { Command } from 'commander'
import type { Role } from '../config/config-keys.js'
import type { ExitCode } from '../errors/errors.js'
import type { App } from './open-app.js'

/** Options that every command has. */
export interface GlobalOptions {
  /** Path of the configuration file. */
  readonly config: string
  readonly verbose: boolean
  /** Results as one JSON document. */
  readonly json: boolean
  /** False with `--no-progress`. */
  readonly progress: boolean
  /** True where a command has `--disable-log`, and it was given: nothing is written to the log file. */
  readonly disableLog?: boolean
}

export interface OpenAppOptions {
  /** Also where `data_mount` is not mounted: for a command that writes nothing. */
  readonly evenUnmounted?: boolean
  /** What a command can begin while it waits for the answer whether it is: it writes nothing, and does not throw. */
  readonly meanwhile?: (app: App) => void
}

/** What a running command is given. */
export interface CommandContext<Options extends object> {
  readonly options: Options & GlobalOptions
  /** Arguments that are no options, as written; parsers declared for them have accepted them. */
  readonly args: readonly string[]
  /** Aborted by SIGINT, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal
  /**
   * Opens configuration, log and everything behind them; closed when the command ends, however it ends. Rejects where `data_mount` is not mounted,
   * which may be written to afterwards.
   */
  openApp(role: Role, options?: OpenAppOptions): Promise<App>
  /** Writes a result to stdout and adds a line end. */
  print(text: string): void
  /** Writes a result to stdout as one JSON document; a bigint becomes a number where JSON holds it exactly, otherwise text. */
  printJson(value: unknown): void
}

/** `backup`: metrics, heartbeat and hooks, for the runs of a backup; `run`: metrics alone, for what else runs unattended. */
export type Attendance = 'backup' | 'run' | 'none'

/** One executable: its declaration, and a few lines that open the world, call the library and print. */
export interface CommandSpec<Options extends object> {
  /** Name of the executable. */
  readonly name: string
  readonly description: string
  /** What its exit codes mean, for `--help`, where they are not those of every command. */
  readonly exitCodes?: string
  /** Declares options and arguments beside the global ones. Imports nothing heavy, so that `--help` is quick. */
  declare(program: Command): void
  /** What monitoring is told of this call, as `[MONITORING]` has it. Left out: nothing. */
  readonly attended?: (options: Options) => Attendance
  /** Gives the exit code; nothing means done. */
  run(context: CommandContext<Options>): Promise<ExitCode | undefined>
}
