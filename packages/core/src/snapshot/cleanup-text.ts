import { assertNever } from '../types/brand.js'
import { periodLabel } from './calendar-period.js'
import type { CleanupStep, DestroyReason, KeepReason, Pause } from './cleanup-types.js'

/** Why a step is as it is, in words. */
export function reasonText(step: CleanupStep): string {
  return step.action === 'keep' ? step.reasons.map(keepText).join('; ') : destroyText(step.reason)
}

/** A line a snapshot, newest first: what happens to it, its name, when it was made in local time, and why. */
export function cleanupTable(steps: readonly CleanupStep[], localTime: (timestamp: number) => string): string[] {
  const width = Math.max(0, ...steps.map(({ snapshot }) => snapshot.name.length))
  return steps.map((step) => {
    const { name, timestamp } = step.snapshot
    return `${step.action.padEnd(7)}  ${name.padEnd(width)}  ${localTime(timestamp)}  ${reasonText(step)}`
  })
}

/** Why more is kept than the rules say after a long pause; it is a sentence for the person who expects otherwise. */
export function pauseText({ before, after }: Pause): string {
  const [last, only] = [before, after].map((day) => periodLabel('day', day))
  return `rules are counted from ${last}: snapshots were made on one day only (${only}) after a pause of ${after - before} days, and a wrong clock looks the same`
}

function keepText(reason: KeepReason): string {
  switch (reason.kind) {
    case 'foreign':
      return 'not made by lustrebackup'
    case 'protected':
      return reason.why
    case 'future':
      return 'made later than now by the clock'
    case 'recent':
      return 'recent'
    case 'verified':
      return 'verified'
    case 'period':
      return `${reason.period} ${periodLabel(reason.period, reason.index)}`
    case 'mounted':
      return `left alone: ${reason.where}`
    default:
      return assertNever(reason)
  }
}

function destroyText(reason: DestroyReason): string {
  switch (reason.kind) {
    case 'superseded':
      return `${reason.by} stands for ${reason.period} ${periodLabel(reason.period, reason.index)}`
    case 'outlived':
      return 'older than every rule reaches'
    case 'asked':
      return 'asked for'
    default:
      return assertNever(reason)
  }
}
