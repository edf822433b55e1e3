import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { packPaths, unpackPaths } from '@lustrebackup/lustreapi/path-list'
import { type Area, isTooLong, pathInArea, pathOutOfArea } from '../backupmap/area.js'
import type { MapHeader } from '../backupmap/backupmap-types.js'
import { areaOf } from '../backupmap/map-area.js'
import { type FinishedMap, loadUsableMap } from '../backupmap/map-folder.js'
import type { MapContext } from '../backupmap/map-request-types.js'
import { LustrebackupError } from '../errors/errors.js'
import type { LustreTree } from '../lustre/lustre-port.js'
import { findSnapshot, snapshotNotFound } from '../snapshot/find-snapshot.js'
import { markOurs } from '../snapshot/mark-ours.js'
import type { Snapshot } from '../snapshot/snapshot-types.js'
import { loadBackup, parseSourceBackup, type SourceBackup } from '../source/source-backup.js'
import { loadState } from '../state/state-file.js'
import { statAt } from '../tree/native-tree.js'
import { FID_BYTES, type Fid, fidAt, packFids, parseFid } from '../types/fid.js'
import { isBeneath, type PathBytes } from '../types/path-bytes.js'
import { parsePlainPath, plainPath } from '../types/plain-path.js'
import { planDecision } from './explain-plan.js'
import type { ExplainedLine, ExplainedRecord, ExplainedSide, ExplainFacts, Explanation } from './explain-types.js'
import { findRecords } from './find-records.js'

const POSTFIX = 'map'
const CHUNK_BYTES = 4 * 1024 * 1024
const RECORDS_MAX = 1000

export interface ExplainRequest {
  /** A FID; or a path, absolute beneath data_mount or relative to data_path. */
  readonly what: string
  /** Timestamp of the snapshot; null = the newest. */
  readonly snapshot: number | null
}

/** Why an inode is in the map of a snapshot, or is not: what the records, the two snapshots and the map say of it. The caller holds the lock of the source. */
export async function runExplain(context: MapContext, request: ExplainRequest): Promise<Explanation> {
  const { layout, mounts, log } = context
  const snapshots = markOurs(await context.snapshots.list(), layout)
  const selector = request.snapshot === null ? ({ kind: 'newest' } as const) : ({ kind: 'timestamp', timestamp: request.snapshot } as const)
  const snapshot = findSnapshot(snapshots, selector)
  if (snapshot === null) throw snapshotNotFound(selector, context.config.lustre.fsname)
  const map = loadUsableMap(layout, snapshot)
  const base = baseOf(context, snapshot, map)
  const baseSnapshot =
    base === null ? null : (snapshots.find(({ name, timestamp }) => name === base.snapshotName && timestamp === base.timestamp) ?? null)
  const mounted: Snapshot[] = []
  const open = async (one: Snapshot) => {
    mounted.push(one)
    return context.lustre.openTree(await mounts.mount(one, POSTFIX))
  }
  const trees: LustreTree[] = []
  try {
    const s1 = await open(snapshot)
    trees.push(s1)
    const s0 = baseSnapshot === null ? null : await open(baseSnapshot)
    if (s0 !== null) trees.push(s0)
    const facts = await gather(context, request.what, { snapshot, baseSnapshot, base, map, s0, s1 })
    return { ...facts, decision: planDecision(facts) }
  } finally {
    for (const tree of trees) tree.close()
    for (const one of mounted) {
      await mounts
        .umount(one, POSTFIX, false)
        .catch((error: unknown) => log.warning('a snapshot stays mounted', { snapshot: one.name, error }))
    }
  }
}

/** The backup that the map starts from, or would start from; null without one that is older. */
function baseOf({ layout }: MapContext, snapshot: Snapshot, map: FinishedMap | null): SourceBackup | null {
  const timestamp = map === null ? null : (map.header.base?.timestamp ?? null)
  if (timestamp !== null) return loadState(layout.backup(timestamp), parseSourceBackup)
  const last = loadBackup(layout, 'last_backup')
  return map === null && last !== null && last.timestamp < snapshot.timestamp ? last : null
}

interface Opened {
  readonly snapshot: Snapshot
  readonly baseSnapshot: Snapshot | null
  readonly base: SourceBackup | null
  readonly map: FinishedMap | null
  readonly s0: LustreTree | null
  readonly s1: LustreTree
}

async function gather(context: MapContext, what: string, opened: Opened): Promise<ExplainFacts> {
  const { snapshot, baseSnapshot, base, map, s0, s1 } = opened
  const area = areaOf(context.config, context.reachBytes)
  const fid = await fidOf(context, what, area, opened)
  const sides = { s1: await sideOf(s1, snapshot.name, fid), s0: s0 === null ? null : await sideOf(s0, baseSnapshot!.name, fid) }
  const isInside = (side: ExplainedSide | null) =>
    side?.paths.some((path) => pathInArea(area, path) !== null && !isTooLong(area, path)) ?? false
  const records = await recordsOf(context, snapshot, base, map?.header ?? null, fid)
  return {
    fid,
    ...sides,
    inAreaS0: isInside(sides.s0),
    inAreaS1: isInside(sides.s1),
    records: records.slice(0, RECORDS_MAX),
    recordCount: records.length,
    sets: await setsOf(context, base, fid),
    map: map && { kind: map.header.kind, lines: await linesOf(map, fid) },
  }
}

async function fidOf({ config }: MapContext, what: string, area: Area, { s0, s1, snapshot }: Opened): Promise<Fid> {
  const given = parseFid(what)
  if (given !== null) return given
  const path = pathOf(what, config.lustre.dataMount, area)
  for (const tree of [s1, s0]) {
    const found = await tree?.path2fid(packPaths([path]))
    if (found !== undefined && found.errno[0] === 0) return fidAt(found.fids.subarray(0, FID_BYTES), 0)
  }
  throw new LustrebackupError('EXPLAIN_NOT_FOUND', `neither ${snapshot.name} nor its base has ${plainPath(path)}`, {
    hint: 'Name a path beneath data_mount, or relative to data_path, as it is or was in one of the two; or the FID (lfs path2fid).',
  })
}

function pathOf(what: string, dataMount: string, area: Area): PathBytes {
  const path = parsePlainPath(what)
  const mount = parsePlainPath(dataMount)
  if (path === null || mount === null)
    throw new LustrebackupError('EXPLAIN_NOT_FOUND', `${JSON.stringify(what)} is neither a path nor a FID`)
  if (!what.startsWith('/')) return pathOutOfArea(area, path)
  return isBeneath(path, mount) ? (path.subarray(Math.min(path.length, mount.length + 1)) as PathBytes) : path
}

async function sideOf(tree: LustreTree, snapshotName: string, fid: Fid): Promise<ExplainedSide> {
  const { errno, linkStart, paths } = await tree.fid2path(packFids([fid]))
  const links = errno[0] === 0 ? unpackPaths(paths, linkStart[0]!, linkStart[1]!).map((path) => Buffer.from(path)) : []
  if (links.length === 0) return { snapshotName, paths: [], stat: null, dataVersion: null }
  const first = packPaths([links[0]!])
  const columns = await tree.lstat(first)
  const stat = columns.errno[0] === 0 ? statAt(columns, 0) : null
  const versions = stat?.type === 'f' ? await tree.dataVersions(first) : null
  return { snapshotName, paths: links, stat, dataVersion: versions !== null && versions.errno[0] === 0 ? versions.versions[0]! : null }
}

/** Of a map, the records that it was made of; otherwise those after the base. */
async function recordsOf(
  { lustre, config, signal }: MapContext,
  snapshot: Snapshot,
  base: SourceBackup | null,
  header: MapHeader | null,
  fid: Fid,
): Promise<ExplainedRecord[]> {
  const packed = packFids([fid])
  const buffer = new Uint8Array(CHUNK_BYTES)
  const records: ExplainedRecord[] = []
  for (const mdt of config.lustre.mdts) {
    const cursor = base?.cursors.find((one) => one.mdt === mdt)?.recno
    const start = header?.mdts.find((one) => one.mdt === mdt)?.startRecno ?? (cursor === undefined ? 0n : cursor + 1n)
    const reader = lustre.openChangelog(`${snapshot.snapshotFsname}-${mdt}`, start)
    try {
      for (let length = await reader.read(buffer); length > 0; length = await reader.read(buffer)) {
        signal.throwIfAborted()
        for (const record of findRecords(buffer.subarray(0, length), packed, mdt)) records.push(record)
      }
    } finally {
      reader.close()
    }
  }
  return records
}

async function setsOf({ layout }: MapContext, base: SourceBackup | null, fid: Fid): Promise<ExplainFacts['sets']> {
  if (base === null) return []
  const map = loadUsableMap(layout, { timestamp: base.timestamp, name: base.snapshotName })
  const kinds = new Set((map === null ? [] : await linesOf(map, fid)).map(({ kind }) => kind))
  const carried = (['recheck', 'opener'] as const).filter((kind) => kinds.has(kind))
  return base.owed.includes(fid) ? [...carried, 'owed'] : carried
}

/** Lines of the parts of a map that name the FID. */
async function linesOf({ folder, header }: FinishedMap, fid: Fid): Promise<ExplainedLine[]> {
  const found: ExplainedLine[] = []
  for (const { kind, file } of header.parts) {
    const lines = createInterface({ input: createReadStream(join(folder, file)), crlfDelay: Number.POSITIVE_INFINITY })
    for await (const line of lines) if (line.includes(`"fid":"${fid}"`)) found.push({ kind, line })
  }
  return found
}
