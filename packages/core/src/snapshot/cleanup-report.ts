import type { Spared } from './cleanup-run.js'
import { cleanupTable, pauseText, reasonText } from './cleanup-text.js'
import type { CleanupStep } from './cleanup-types.js'
import type { SnapshotCleanupReport } from './snapshot-cleanup-run.js'

type LocalTime = (timestamp: number) => string

/** What would be done, for a person: every snapshot with the reasons, newest first. */
export function dryRunLines({ mountSteps, plan }: SnapshotCleanupReport, localTime: LocalTime): string[] {
  const mounts = mountSteps.map(({ action, target, reason }) => `${action.padEnd(7)}  ${target}  ${reason}`)
  if (plan === null) return mounts
  const destroyCount = plan.steps.filter(({ action }) => action === 'destroy').length
  const summary = `${destroyCount} to destroy, ${plan.steps.length - destroyCount} to keep; nothing was changed`
  return [...mounts, ...cleanupTable(plan.steps, localTime), ...plan.pauses.map(pauseText), summary]
}

/** What was done, for a person: only what changed, and what did not although the rules would have it. */
export function resultLines({ mountResults, plan, outcome }: SnapshotCleanupReport, localTime: LocalTime): string[] {
  const mounts = mountResults.filter(({ failure }) => failure === null).map(({ step }) => `unmounted ${step.target}: ${step.reason}`)
  if (plan === null || outcome === null) return mounts
  const { destroyed, spared, failed } = outcome
  const gone = plan.steps.filter(({ snapshot }) => destroyed.includes(snapshot))
  const left = [...plan.steps.flatMap(leftAlone), ...spared]
  return [
    ...mounts,
    ...gone.map((step) => `destroyed ${step.snapshot.name} of ${localTime(step.snapshot.timestamp)}: ${reasonText(step)}`),
    ...left.map(({ snapshot, reason }) => `left ${snapshot.name} alone: ${reason}`),
    ...plan.pauses.map(pauseText),
    `${destroyed.length} destroyed, ${plan.steps.length - destroyed.length} kept${failed.length > 0 ? `, ${failed.length} of them because they could not be destroyed` : ''}`,
  ]
}

function leftAlone({ action, snapshot, ...step }: CleanupStep): Spared[] {
  const reasons = action === 'keep' && 'reasons' in step ? step.reasons : []
  return reasons.flatMap((reason) => (reason.kind === 'mounted' ? [{ snapshot, reason: reason.where }] : []))
}

/** The same for programs; what is not known yet, because nothing was done, is null. */
export function cleanupJson({ mountSteps, mountResults, plan, outcome }: SnapshotCleanupReport): object {
  const mountFailure = new Map(mountResults.map(({ step, failure }) => [step.target, failure]))
  const resultOf = (step: CleanupStep) => {
    if (outcome === null || step.action === 'keep') return null
    if (outcome.destroyed.includes(step.snapshot)) return { kind: 'destroyed', reason: null }
    const spared = outcome.spared.find(({ snapshot }) => snapshot === step.snapshot)
    const failed = outcome.failed.find(({ snapshot }) => snapshot === step.snapshot)
    return { kind: spared === undefined ? 'failed' : 'spared', reason: (spared ?? failed)?.reason ?? null }
  }
  return {
    mounts: mountSteps.map(({ action, target, reason }) => ({ action, target, reason, failure: mountFailure.get(target) ?? null })),
    snapshots: (plan?.steps ?? []).map((step) => ({
      name: step.snapshot.name,
      timestamp: step.snapshot.timestamp,
      action: step.action,
      reason: reasonText(step),
      result: resultOf(step),
    })),
    notes: (plan?.pauses ?? []).map(pauseText),
  }
}

/** What went wrong, or was asked for and refused, in words; with any of these the command fails. */
export function cleanupProblems({ mountResults, plan, outcome }: SnapshotCleanupReport, asked: ReadonlySet<number>): string[] {
  const refused = asked.size === 0 ? [] : (plan?.steps ?? []).filter(({ action }) => action === 'keep')
  return [
    ...mountResults.flatMap(({ step, failure }) => (failure === null ? [] : `${step.target} stays mounted: ${failure}`)),
    ...refused.map((step) => `the snapshot ${step.snapshot.name} is not destroyed: ${reasonText(step)}`),
    ...(outcome?.failed ?? []).map(({ snapshot, reason }) => `the snapshot ${snapshot.name} could not be destroyed: ${reason}`),
  ]
}
