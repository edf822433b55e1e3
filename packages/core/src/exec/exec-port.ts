/** A finished child process. */
export interface ExecResult {
  /** null when a signal ended it. */
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stdout: Buffer
  readonly stderr: string
}

export interface ExecOptions {
  readonly input?: Buffer | string
  /** After this the whole process group is killed and `EXEC_TIMEOUT` is thrown. */
  readonly timeoutSeconds: number
  /** What the child has in its environment beside what every child has. */
  readonly environment?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** More than this on stdout ends the child with `EXEC_OUTPUT_TOO_LONG`. Default 64 MiB. */
  readonly maxOutputBytes?: number
}

/**
 * Starts programs of this host from an argument array, never through a shell, with the PATH of the configuration.
 * A child that cannot be started (`EXEC_NOT_FOUND`), is killed for its time limit, or is aborted, throws;
 * an exit code is a result, not an error. No child outlives the call.
 */
export interface Exec {
  run(command: string, args: readonly string[], options: ExecOptions): Promise<ExecResult>
}
