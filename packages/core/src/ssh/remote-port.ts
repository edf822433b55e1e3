import type { ExecOptions, ExecResult } from '../exec/exec-port.js'

/** One channel of a connection: bytes both ways, as filediff needs it. */
export interface RemoteChannel {
  readonly stdin: NodeJS.WritableStream
  readonly stdout: NodeJS.ReadableStream
  readonly stderr: NodeJS.ReadableStream
  /** Settles when the remote command has ended. */
  readonly exit: Promise<{ readonly exitCode: number | null; readonly signal: string | null }>
  close(): void
}

/**
 * A host reached over one ssh connection, opened at the first use and opened again when it is lost between commands.
 * Words are joined with single blanks: each must match `[A-Za-z0-9_./+=:,@%-]+`, which no shell changes (`SSH_UNSAFE_WORD` otherwise).
 * Names of users never go through here unless percent-encoded.
 * Errors: `SSH_UNREACHABLE`, `SSH_HOST_KEY_UNKNOWN`, `SSH_HOST_KEY_CHANGED`, `SSH_AUTH_FAILED`, each with what to do.
 */
export interface RemoteHost {
  readonly name: string
  run(words: readonly string[], options: ExecOptions): Promise<ExecResult>
  open(words: readonly string[], signal?: AbortSignal): Promise<RemoteChannel>
  close(): Promise<void>
}
