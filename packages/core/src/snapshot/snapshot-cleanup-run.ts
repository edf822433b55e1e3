import type { Exec } from '../exec/exec-port.js'
import type { Log } from '../log/log-types.js'
import type { Lock } from '../state/locks.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { type CleanupOutcome, runCleanup } from './cleanup-run.js'
import { type CleanupRequest, planSite, protectedOf, type SitePlan } from './cleanup-site-plan.js'
import { findMounts } from './find-mounts.js'
import { snapshotNotFound } from './find-snapshot.js'
import { loadOwnFsnames } from './load-own-fsnames.js'
import { loadProtectingState } from './load-protecting-state.js'
import { loadVerified } from './load-verified.js'
import type { Mount } from './parse-findmnt.js'
import { restoreState } from './restore-mounts.js'
import { refreshSnapshotList } from './snapshot-list-cache.js'
import type { SnapshotMounts, SnapshotStore } from './snapshot-port.js'
import { rebuildRecords } from './snapshot-record.js'
import type { Snapshot } from './snapshot-types.js'
import { type MountStep, planStaleMounts } from './stale-mounts-plan.js'
import { type MountResult, runStaleMounts } from './stale-mounts-run.js'

export interface SnapshotCleanupRequest extends CleanupRequest {
  readonly dryRun: boolean
  readonly mountsOnly: boolean
  /** Make the saved list and the records of snapshots anew, also when nothing was destroyed. */
  readonly rebuild: boolean
}

export interface SnapshotCleanupPorts {
  readonly fsname: string
  readonly snapshotHome: string
  readonly store: SnapshotStore
  readonly mounts: SnapshotMounts
  readonly exec: Exec
  readonly layout: MetaLayout
  readonly log: Log
  readonly signal: AbortSignal
  readonly nowSeconds: () => number
  readonly localDay: (timestamp: number) => number
  /** Takes the lock of the source's commands; null when another run holds it. With `dryRun` it only looks. */
  lockSource(dryRun: boolean): Pick<Lock, 'release'> | null
  /** Whether a verification of this side runs. */
  verifyIsBusy(): boolean
}

export interface SnapshotCleanupReport {
  readonly mountSteps: readonly MountStep[]
  readonly mountResults: readonly MountResult[]
  /** null = only mounts were asked for. */
  readonly plan: SitePlan | null
  /** null = nothing was to be destroyed yet: a dry run, or only mounts. */
  readonly outcome: CleanupOutcome | null
}

/** Stale mounts first, because they would keep snapshots; then the snapshots, by what the MGS says now and never by a saved list. */
export async function runSnapshotCleanup(request: SnapshotCleanupRequest, ports: SnapshotCleanupPorts): Promise<SnapshotCleanupReport> {
  const snapshots = await ports.store.list()
  for (const timestamp of request.asked) {
    if (!snapshots.some((snapshot) => snapshot.timestamp === timestamp))
      throw snapshotNotFound({ kind: 'timestamp', timestamp }, ports.fsname)
  }
  const stale = await cleanMounts(snapshots, request, ports)
  const unmounted = stale.mountResults.some(({ failure }) => failure === null)
  const current = unmounted && !request.mountsOnly ? await ports.store.list() : snapshots
  const plan = request.mountsOnly ? null : await makePlan(current, stale.mountSteps, request, ports)
  if (request.dryRun) return { ...stale, plan, outcome: null }
  const outcome = plan === null ? null : await carryOut(plan, request, ports)
  if (request.rebuild || (outcome !== null && outcome.destroyed.length > 0)) await remember(request, ports)
  return { ...stale, plan, outcome }
}

async function cleanMounts(
  snapshots: readonly Snapshot[],
  request: SnapshotCleanupRequest,
  ports: SnapshotCleanupPorts,
): Promise<Pick<SnapshotCleanupReport, 'mountSteps' | 'mountResults'>> {
  const mounts = await findMounts(ports.exec, ['-t', 'lustre'])
  const plan = (sourceIsBusy: boolean) => {
    const { inprogressBackup } = loadProtectingState(ports.layout)
    const users = { inprogressBackup, sourceIsBusy, verifyIsBusy: ports.verifyIsBusy(), restoreState }
    return planStaleMounts(mounts, ports.snapshotHome, snapshots, users)
  }
  // A backup that starts now would be refused for the sake of the lock: it is taken only where it decides something.
  const lockDecides = plan(false).some(({ action, snapshot }) => action === 'umount' && snapshot !== null)
  const lock = lockDecides ? ports.lockSource(request.dryRun) : null
  try {
    const mountSteps = plan(lock === null)
    return { mountSteps, mountResults: request.dryRun ? [] : await runStaleMounts(mountSteps, request.force, ports) }
  } finally {
    lock?.release()
  }
}

/** `mountSteps` that a dry run leaves undone count as done: it shows what a real run does. */
async function makePlan(
  snapshots: readonly Snapshot[],
  mountSteps: readonly MountStep[],
  request: SnapshotCleanupRequest,
  ports: SnapshotCleanupPorts,
): Promise<SitePlan> {
  const leaving = new Set(request.dryRun ? mountSteps.filter(({ action }) => action === 'umount').map(({ target }) => target) : [])
  const mounts = await findMounts(ports.exec, ['-t', 'lustre'])
  return planSite(request, {
    snapshots,
    ownFsnames: loadOwnFsnames(ports.layout, ports.fsname),
    state: loadProtectingState(ports.layout),
    verified: loadVerified(ports.layout),
    mounted: new Map(snapshots.flatMap((snapshot) => mountedWhere(snapshot, mounts, leaving) ?? [])),
    now: ports.nowSeconds(),
    localDay: ports.localDay,
  })
}

function mountedWhere(snapshot: Snapshot, mounts: readonly Mount[], leaving: ReadonlySet<string>): [[string, string]] | null {
  const here = mounts.filter(({ source }) => source.endsWith(`:/${snapshot.snapshotFsname}`)).map(({ target }) => target)
  const staying = here.filter((target) => !leaving.has(target))
  if (staying.length > 0) return [[snapshot.name, `it is mounted here at ${staying.join(', ')}`]]
  return snapshot.mounted && here.length === 0 ? [[snapshot.name, 'it is mounted on the servers, so another node may use it']] : null
}

function carryOut(plan: SitePlan, request: SnapshotCleanupRequest, ports: SnapshotCleanupPorts): Promise<CleanupOutcome> {
  const whyKept = async (snapshot: Snapshot): Promise<string | null> => {
    const insisted = request.force && request.asked.size > 0
    const why = insisted ? undefined : protectedOf(plan.series, loadProtectingState(ports.layout)).get(snapshot.name)
    if (why !== undefined) return why
    const postfixes = request.force ? [] : await ports.mounts.postfixes(snapshot)
    return postfixes.length === 0 ? null : `it is mounted here as ${postfixes.join(', ')}`
  }
  const own = plan.series.flatMap(({ snapshots }) => snapshots).toSorted((a, b) => b.timestamp - a.timestamp)
  return runCleanup(plan.steps, own, request.force, { ...ports, whyKept })
}

/** Has the list from the MGS once more, and makes the records of snapshots agree with it. */
async function remember(request: SnapshotCleanupRequest, { store, layout, fsname, nowSeconds }: SnapshotCleanupPorts): Promise<void> {
  const { snapshots } = await refreshSnapshotList(store, layout, fsname, nowSeconds())
  if (request.rebuild) rebuildRecords(snapshots, layout)
}
