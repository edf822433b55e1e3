import type { Config } from '../config/config-types.js'
import type { Exec } from '../exec/exec-port.js'
import type { SourceChannels } from '../filediff/source-channels-port.js'
import type { Log } from '../log/log-types.js'
import type { SnapshotStore } from '../snapshot/snapshot-port.js'
import type { MetaLayout } from '../state/meta-layout.js'
import type { Tree } from '../tree/tree-port.js'
import type { SourceCommands } from './source-commands.js'

/** Everything that a backup works with. */
export interface BackupPorts {
  readonly config: Config
  readonly layout: MetaLayout
  readonly exec: Exec
  readonly log: Log
  readonly signal: AbortSignal
  readonly source: SourceCommands
  /** Of the target's own file system. */
  readonly snapshots: SnapshotStore
  openTree(path: string): Tree
  /** Channels that carry filediff. */
  readonly filediffChannels: SourceChannels
  /** Records of backups that are kept. */
  readonly keptRecords: number
  nowSeconds(): number
  /** Of a clock that only runs forwards, with fractions. */
  elapsedSeconds(): number
  sleep(seconds: number): Promise<void>
  /** Called when a backup is finished, while the source is told; never fails. */
  report(): Promise<void>
  /** Told what is being done, for people; `done` of `total` bytes and files where that is known. */
  progress(step: BackupProgress): void
}

export interface BackupProgress {
  readonly phase: string
  readonly doneBytes: bigint
  readonly totalBytes: bigint
  readonly doneFiles: number
  readonly totalFiles: number
  /** What is counted, where it is not files. */
  readonly unit?: string
}
