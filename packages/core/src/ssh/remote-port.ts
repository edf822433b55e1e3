import type { ExecOptions, ExecResult } from '../exec/exec-port.js'

/** One channel of a connection: bytes both ways, as filediff needs it. */
export interface RemoteChannel {
  readonly stdin: NodeJS.WritableStream
  readonly stdout: NodeJS.ReadableStream
  /** Must be read too: a full one stops stdout. */
  readonly stderr: NodeJS.ReadableStream
  /** Settles when the remote command has ended; both null when the connection was lost before that. */
  readonly exit: Promise<{ readonly exitCode: number | null; readonly signal: string | null }>
  close(): void
}

/** A word of a remote command; `quoted` is free text such as a comment, put in single quotes for the login shell of the other host. */
export type RemoteWord = string | { readonly quoted: string }

/**
 * A host reached over one ssh connection, opened at the first use and opened again when it is lost between commands.
 * Words are joined with single blanks: each must match `[A-Za-z0-9_./+=:,@%-]+`, which no shell changes, or be marked as `quoted`
 * (`SSH_UNSAFE_WORD` otherwise). Names of users never go through here unless percent-encoded.
 * Errors: `SSH_UNREACHABLE`, `SSH_HOST_KEY_UNKNOWN`, `SSH_HOST_KEY_CHANGED`, `SSH_AUTH_FAILED`, `SSH_CONNECTION_LOST` (while the command
 * ran: whether it ended is unknown), `EXEC_TIMEOUT`, `EXEC_OUTPUT_TOO_LONG`, each with what to do.
 */
export interface RemoteHost {
  readonly name: string
  /**
   * Begins to connect; settles when this side has done its part and waits for the host, so that there is time for other things. That it failed
   * shows at the next use, which tries again.
   */
  warm(signal?: AbortSignal): Promise<void>
  run(words: readonly RemoteWord[], options: ExecOptions): Promise<ExecResult>
  /** `windowBytes`: how much the command may write at most before it waits for us, where the round trip is long; without it, what suits a local network. */
  open(words: readonly RemoteWord[], signal?: AbortSignal, windowBytes?: number): Promise<RemoteChannel>
  /** Milliseconds to the host and back, as its sshd answers; 0 where that cannot be known. */
  roundTripMs(signal?: AbortSignal): Promise<number>
  /** Safe to repeat; a later use opens a new connection. */
  close(): Promise<void>
}
