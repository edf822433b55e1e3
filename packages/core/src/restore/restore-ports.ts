import type { Log } from '../log/log-types.js'
import type { CopyPool } from './copy-types.js'
import type { LookContext } from './folder-look-run.js'
import type { RestoreCounts, RestoreFailure } from './restore-types.js'
import type { ScratchOwner } from './scratch-name.js'

export interface RestorePorts extends LookContext {
  readonly pool: CopyPool
  readonly log: Log
  readonly signal: AbortSignal
  readonly owner: ScratchOwner
  /** Folders of this host, as `dev:ino`, that nothing is ever restored into: those of the backup itself. */
  readonly forbidden: ReadonlySet<string>
  /** Told after every entry. */
  onEntry(counts: RestoreCounts): void
}

export interface RestoreResult {
  readonly counts: RestoreCounts
  readonly failures: readonly RestoreFailure[]
}
