import { inspectLog, type LogFacts } from '../changelog/inspect-log.js'
import { EXIT, LustrebackupError } from '../errors/errors.js'
import type { Snapshot } from '../snapshot/snapshot-types.js'
import type { SourceBackup } from '../source/source-backup.js'
import { percentEncode } from '../types/path-bytes.js'
import type { Area } from './area.js'
import type { MapHeader } from './backupmap-types.js'
import { readRoots } from './map-area.js'
import type { BaseFacts } from './map-kind-plan.js'
import type { MapContext } from './map-request-types.js'

export interface FactsRequest {
  readonly base: SourceBackup | null
  readonly baseSnapshot: Snapshot | null
  readonly baseHeader: MapHeader | null
  readonly snapshot: Snapshot
  readonly mountPoint: string
  readonly area: Area
}

/** Gathers what decides whether an incremental map is possible: from the mounted snapshot, its logs, and what is left of the base. */
export async function gatherFacts(context: MapContext, request: FactsRequest): Promise<BaseFacts> {
  const { config, lustre } = context
  await assertAllMdts(context, request.mountPoint)
  const tree = lustre.openTree(request.mountPoint)
  try {
    const roots = await readRoots(tree, request.area, request.snapshot.name)
    return {
      base: request.base,
      hasSnapshot: request.baseSnapshot !== null,
      map: request.baseHeader,
      fsname: config.lustre.fsname,
      mdts: config.lustre.mdts,
      roots,
      dataPath: percentEncode(request.area.dataPath),
      logs: request.base === null ? [] : await inspectLogs(context, request.snapshot, request.base),
      doubts: await context.proof.examine(request.snapshot, request.base?.timestamp ?? null),
    }
  } finally {
    tree.close()
  }
}

/** A log that nobody reads is a log whose changes are missed. */
async function assertAllMdts({ config, lustre }: MapContext, mountPoint: string): Promise<void> {
  const { mdts } = config.lustre
  const count = await lustre.mdtCount(mountPoint)
  if (count === mdts.length) return
  const all = Array.from({ length: count }, (_, index) => `MDT${index.toString(16).padStart(4, '0')}`)
  throw new LustrebackupError(
    'MDT_SET',
    `the file system has ${count} MDTs, but the configuration names ${mdts.length}: ${mdts.join(', ')}`,
    {
      exitCode: EXIT.usage,
      hint: `every MDT has a changelog of its own, and each must be read: [LUSTRE] mdt = ${all.join(', ')}`,
    },
  )
}

async function inspectLogs({ lustre, config }: MapContext, snapshot: Snapshot, base: SourceBackup): Promise<LogFacts[]> {
  const known = base.cursors.filter(({ mdt }) => config.lustre.mdts.includes(mdt))
  return await Promise.all(known.map(({ mdt, recno }) => inspectLog(lustre, mdt, `${snapshot.snapshotFsname}-${mdt}`, recno)))
}
