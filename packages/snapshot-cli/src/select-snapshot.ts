import { EXIT, LustrebackupError } from '@lustrebackup/core/errors/errors'
import type { SnapshotSelector } from '@lustrebackup/core/snapshot/find-snapshot'

/** Options with which a person names one snapshot. */
export interface SelectOptions {
  readonly name?: string
  readonly timestamp?: number
}

/** The snapshot that the options name; null when they name none. */
export function selectorOf({ name, timestamp }: SelectOptions): SnapshotSelector | null {
  if (name !== undefined && timestamp !== undefined) throw wrongUsage('--name and --timestamp cannot be used together')
  if (name !== undefined) return { kind: 'name', name }
  return timestamp === undefined ? null : { kind: 'timestamp', timestamp }
}

/** The snapshots that options and timestamps as arguments name; the newest when they name none. */
export function selectorsOf(options: SelectOptions, timestamps: readonly string[]): SnapshotSelector[] {
  const selector = selectorOf(options)
  if (selector !== null && timestamps.length > 0)
    throw wrongUsage('timestamps as arguments cannot be used together with --name or --timestamp')
  if (selector !== null) return [selector]
  return timestamps.length === 0 ? [{ kind: 'newest' }] : timestamps.map((text) => ({ kind: 'timestamp', timestamp: Number(text) }))
}

export function wrongUsage(message: string): LustrebackupError {
  return new LustrebackupError('USAGE', message, { exitCode: EXIT.usage, hint: 'see --help' })
}
