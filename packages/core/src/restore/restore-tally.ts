import { LustrebackupError } from '../errors/errors.js'
import type { Log } from '../log/log-types.js'
import { plainPath } from '../types/plain-path.js'
import { failureInWords, isEntryFailure } from './failure-words.js'
import type { RestoreResult } from './restore-ports.js'
import { NO_COUNTS, type RestoreCounts, type RestoreFailure } from './restore-types.js'

/** More failures than anybody reads: the cause is one for all. */
const MAX_FAILURES = 100_000

/** What has been done so far, and what could not be. */
export class RestoreTally {
  readonly #failures: RestoreFailure[] = []
  #counts: RestoreCounts = NO_COUNTS

  constructor(
    private readonly log: Log,
    private readonly onEntry: (counts: RestoreCounts) => void,
  ) {}

  result(): RestoreResult {
    return { counts: this.#counts, failures: this.#failures }
  }

  count(more: Partial<RestoreCounts>): void {
    const add = (key: Exclude<keyof RestoreCounts, 'bytes'>) => this.#counts[key] + (more[key] ?? 0)
    this.#counts = {
      created: add('created'),
      replaced: add('replaced'),
      same: add('same'),
      kept: add('kept'),
      folders: add('folders'),
      files: add('files'),
      bytes: this.#counts.bytes + (more.bytes ?? 0n),
    }
    this.onEntry(this.#counts)
  }

  fail(path: Buffer, reason: string): void {
    this.log.error('an entry could not be restored', { path: plainPath(path), reason })
    this.#failures.push({ path, reason })
    if (this.#failures.length <= MAX_FAILURES) return
    throw new LustrebackupError('TOO_MANY_ERRORS', `restoring: more than ${MAX_FAILURES} entries failed`, {
      hint: 'The log names every one of them. Remove the cause, then run the same command again: it goes on where it stopped.',
    })
  }

  /** Runs what may fail for one entry without stopping the others. */
  async attempt(path: Buffer, signal: AbortSignal, action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof LustrebackupError && error.code === 'RESTORE_FULL') throw error
      if (!isEntryFailure(error)) throw error
      this.fail(path, failureInWords(error))
    }
  }
}
