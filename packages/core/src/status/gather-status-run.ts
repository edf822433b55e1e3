import { statfs } from 'node:fs/promises'
import { loadUsableMap } from '../backupmap/map-folder.js'
import type { Side } from '../config/detect-role.js'
import { reportPageOf } from '../report/stored-report.js'
import { loadSnapshotList } from '../snapshot/snapshot-list-cache.js'
import { loadBackup } from '../source/source-backup.js'
import { lockHolder } from '../state/locks.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { loadTargetBackup } from '../target/target-state.js'
import { phasesOf } from '../target/target-types.js'
import { VERIFY_LOCK } from '../verify/verification-types.js'
import { loadVerifiedState } from '../verify/verified-state.js'
import { type BacklogPorts, findBacklogs } from './backlog-run.js'
import type { DiskSpace, RunningCommand, SnapshotFacts, StatusFacts } from './status-types.js'

export interface StatusPorts extends BacklogPorts {
  readonly layout: MetaLayout
}

/** Locks of the commands of each side. */
const LOCKS: Readonly<Record<Side, readonly string[]>> = {
  source: ['source', 'snapshot', VERIFY_LOCK],
  target: ['target', 'snapshot', VERIFY_LOCK],
}

/** Reads what this side knows: its own state, and on the source its changelogs. Takes no lock and changes nothing. */
export async function gatherStatus(side: Side, ports: StatusPorts): Promise<StatusFacts> {
  const { layout, config } = ports
  return {
    side,
    nowSeconds: ports.nowSeconds(),
    ...(side === 'source' ? await gatherSource(ports) : gatherTarget(layout)),
    running: LOCKS[side].flatMap((name) => runningUnder(name, layout)),
    snapshots: snapshotFacts(layout, config.lustre.fsname),
    ...loadVerifiedState(layout),
    disks: await disksOf([...new Set([config.lustre.dataPath, config.lustre.metaBasepath])]),
  }
}

type SideFacts = Pick<StatusFacts, 'last' | 'unfinished' | 'backlogs' | 'unproven' | 'report'>

async function gatherSource(ports: StatusPorts): Promise<SideFacts> {
  const { layout } = ports
  const last = loadBackup(layout, 'last_backup')
  const unfinished = loadBackup(layout, 'inprogress_backup')
  const map = last === null ? null : loadUsableMap(layout, { timestamp: last.timestamp, name: last.snapshotName })
  return {
    last: last && {
      snapshotName: last.snapshotName,
      timestamp: last.timestamp,
      finishedAt: last.finishedAt,
      owedCount: last.owed.length,
      acknowledged: true,
      incomplete: false,
    },
    unfinished: unfinished && {
      snapshotName: unfinished.snapshotName,
      timestamp: unfinished.timestamp,
      startedAt: unfinished.startedAt,
      phase: null,
    },
    backlogs: await findBacklogs(last, ports),
    unproven: map?.header.unproven ?? [],
    report: null,
  }
}

function gatherTarget(layout: MetaLayout): SideFacts {
  const last = loadTargetBackup(layout, 'last_backup')
  const unfinished = loadTargetBackup(layout, 'inprogress_backup')
  return {
    last: last && {
      snapshotName: last.snapshotName,
      timestamp: last.timestamp,
      finishedAt: last.finishedAt,
      owedCount: last.owed.length,
      acknowledged: last.acknowledged,
      incomplete: last.totals.incompleteDirectories,
    },
    unfinished: unfinished && {
      snapshotName: unfinished.snapshotName,
      timestamp: unfinished.timestamp,
      startedAt: unfinished.startedAt,
      phase: phaseOf(unfinished),
    },
    backlogs: [],
    unproven: [],
    report: last === null ? null : reportPageOf(layout, last),
  }
}

function phaseOf({ kind, phase }: NonNullable<ReturnType<typeof loadTargetBackup>>) {
  const phases = phasesOf(kind)
  return { name: phase, number: phases.indexOf(phase) + 1, count: phases.length }
}

function runningUnder(lock: string, layout: MetaLayout): RunningCommand[] {
  const holder = lockHolder(lock, layout)
  return holder === null ? [] : [{ command: holder.command, host: holder.host, pid: holder.pid, since: holder.since }]
}

function snapshotFacts(layout: MetaLayout, fsname: string): SnapshotFacts | null {
  const list = loadSnapshotList(layout, fsname)
  if (list === null) return null
  const newest = list.snapshots.find(({ ours }) => ours) ?? null
  return { count: list.snapshots.length, newest: newest?.name ?? null, newestTimestamp: newest?.timestamp ?? null, listedAt: list.listedAt }
}

async function disksOf(folders: readonly string[]): Promise<DiskSpace[]> {
  const disks = await Promise.all(
    folders.map(async (folder) => {
      const found = await statfs(folder, { bigint: true }).catch(() => null)
      return found === null ? [] : [{ folder, totalBytes: found.blocks * found.bsize, freeBytes: found.bavail * found.bsize }]
    }),
  )
  const all = disks.flat()
  return all.filter(
    (disk, index) => all.findIndex((one) => one.totalBytes === disk.totalBytes && one.freeBytes === disk.freeBytes) === index,
  )
}
