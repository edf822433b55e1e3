import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { markOurs } from '../snapshot/mark-ours.js'
import type { Snapshot } from '../snapshot/snapshot-types.js'
import { makeMetaFolders } from '../state/durable.js'
import { linkedTimestamp } from '../state/state-link.js'
import { whileOpening } from '../workers/while-opening.js'
import { countTasks, gatherFids } from './gather-run.js'
import { type LoadedRange, loadRange } from './load-range.js'
import { readSnapshot } from './source-read-run.js'
import type { SourceVerifyOutcome, SourceVerifyPorts, SourceVerifyRequest } from './source-verify-types.js'
import {
  beginSourceWork,
  loadDone,
  loadRun,
  removeSourceWork,
  type SourceTaskResult,
  type SourceVerifyIdentity,
  type SourceVerifyRun,
  saveRun,
  sourceWork,
} from './source-work.js'
import { publishVerification } from './verification-store.js'
import {
  addVerifyCounts,
  NO_VERIFY_COUNTS,
  VERIFICATION_FORMAT,
  VERIFICATION_VERSION,
  VERIFY_POSTFIX,
  type VerificationHeader,
  type VerifyContent,
} from './verification-types.js'

/**
 * Writes down what the newest snapshot of a range has of everything that the backups of the range changed, with the checksums of all
 * content. The caller holds the lock of verifications; a backup may run meanwhile.
 */
export async function runSourceVerify(request: SourceVerifyRequest, ports: SourceVerifyPorts): Promise<SourceVerifyOutcome> {
  const { layout } = ports
  makeMetaFolders(layout)
  const start = request.start ?? linkedTimestamp(layout.link('last_verified')) ?? 0
  const range = loadRange(layout, { start, end: request.end })
  if (range === null) return { kind: 'nothing-newer', start }
  const snapshot = await findSnapshot(range, ports)
  const begun = ports.elapsedSeconds()
  const begin = beginOrResume(range, request, ports)
  const mounting = ports.mounts.mount(snapshot, VERIFY_POSTFIX)
  const [mountPoint, { run, work, resumed }] = await whileOpening(mounting, begin, () => umount(snapshot, ports))
  let umounting: Promise<void> | null = null
  try {
    const unreadable: VerifyContent[] = []
    const done = resumed ? loadDone(work) : new Map<number, SourceTaskResult>()
    const readSince = ports.elapsedSeconds()
    await readSnapshot({ run, work, mountPoint, done, unreadable }, request, ports)
    const readSeconds = ports.elapsedSeconds() - readSince
    umounting = umount(snapshot, ports)
    const header = headerOf(run, range, done, ports)
    const folder = publishVerification(layout, work.partFolder, header)
    removeSourceWork(layout, null)
    ports.log.info('verification made', { snapshot: run.snapshotName, start: run.start, ...header.counts })
    return { kind: 'made', folder, header, resumed, seconds: ports.elapsedSeconds() - begun, readSeconds, unreadable }
  } finally {
    await (umounting ?? umount(snapshot, ports))
  }
}

async function findSnapshot({ snapshotName, timestamp }: LoadedRange, { snapshots, layout }: SourceVerifyPorts): Promise<Snapshot> {
  const listed = markOurs(await snapshots.list(), layout)
  const found = listed.find((snapshot) => snapshot.name === snapshotName && snapshot.timestamp === timestamp)
  if (found !== undefined) return found
  throw new LustrebackupError('SNAPSHOT_MISSING', `the snapshot ${snapshotName}, the newest of the range, no longer exists`, {
    hint: 'Choose a range whose newest backup still has its snapshot: --end=TIMESTAMP (lustrebackup_snapshot_list shows them).',
  })
}

/** Before it waits for anything, the link is there that keeps the snapshot from being destroyed. */
async function beginOrResume(range: LoadedRange, request: SourceVerifyRequest, ports: SourceVerifyPorts) {
  const { layout, config, signal, log } = ports
  const { start, timestamp, snapshotName, backups } = range
  const identity: SourceVerifyIdentity = {
    start,
    timestamp,
    snapshotName,
    backups,
    filter: request.filter,
    checksum: config.backup.checksumChoice,
  }
  const known = request.resume ? loadRun(layout, identity) : null
  if (known !== null) {
    removeSourceWork(layout, identity)
    log.info('verification resumed', { snapshot: snapshotName, start })
    return { run: known, work: sourceWork(layout, timestamp), resumed: true }
  }
  const work = beginSourceWork(layout, identity)
  const run: SourceVerifyRun = { ...identity, taskCount: countTasks(range.maps), startedAt: ports.nowSeconds() }
  await gatherFids(range.maps, work.fidFolder, run.taskCount, signal)
  saveRun(work, run)
  return { run, work, resumed: false }
}

function headerOf(
  { taskCount: _, startedAt, ...identity }: SourceVerifyRun,
  { whole }: LoadedRange,
  done: ReadonlyMap<number, SourceTaskResult>,
  { config, software, nowSeconds }: SourceVerifyPorts,
): VerificationHeader {
  const results = [...done].toSorted(([a], [b]) => a - b).map(([, result]) => result)
  return {
    format: VERIFICATION_FORMAT,
    version: VERIFICATION_VERSION,
    software,
    fsname: config.lustre.fsname,
    ...identity,
    whole,
    startedAt,
    finishedAt: nowSeconds(),
    counts: results.reduce((sum, { counts }) => addVerifyCounts(sum, counts), NO_VERIFY_COUNTS),
    parts: results.flatMap(({ parts }) => parts),
  }
}

/** A mount that stays is cleaned by lustrebackup_snapshot_cleanup. */
async function umount(snapshot: Snapshot, { mounts, log }: SourceVerifyPorts): Promise<void> {
  try {
    await mounts.umount(snapshot, VERIFY_POSTFIX, false)
  } catch (error) {
    log.warning('a snapshot stays mounted', { snapshot: snapshot.name, postfix: VERIFY_POSTFIX, reason: reasonOf(error) })
  }
}
