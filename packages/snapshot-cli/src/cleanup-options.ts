import { wholeNumber } from '@lustrebackup/core/cli/option-values'
import type { SnapshotCleanupRequest } from '@lustrebackup/core/snapshot/snapshot-cleanup-run'
import { InvalidArgumentError } from 'commander'

export interface CleanupOptions {
  readonly keepAllDays: number
  readonly keepDays: number
  readonly keepWeeks: number
  readonly keepMonths: number
  readonly keepYears: number
  readonly removeVerified: boolean
  readonly timestamp?: readonly number[]
  readonly force: boolean
  readonly mountsOnly: boolean
  readonly snapshotListRebuild: boolean
  readonly dryRun: boolean
}

const MAX_PERIODS = 9999

/** How many days, weeks, months or years a rule reaches; 0 switches it off. */
export function periodCount(text: string): number {
  const count = wholeNumber(text)
  if (count > MAX_PERIODS) throw new InvalidArgumentError(`It must not be more than ${MAX_PERIODS}.`)
  return count
}

export function requestOf(options: CleanupOptions): SnapshotCleanupRequest {
  const { keepAllDays, keepDays, keepWeeks, keepMonths, keepYears, removeVerified, force, dryRun, mountsOnly } = options
  return {
    policy: { keepAllDays, keepDays, keepWeeks, keepMonths, keepYears, removeVerified },
    asked: new Set(options.timestamp ?? []),
    force,
    dryRun,
    mountsOnly,
    rebuild: options.snapshotListRebuild,
  }
}
