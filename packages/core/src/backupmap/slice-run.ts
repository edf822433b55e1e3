import { packPaths, unpackPath } from '@lustrebackup/lustreapi/path-list'
import type { LustreTree } from '../lustre/lustre-port.js'
import { FID_BYTES } from '../types/fid.js'
import { joinPath, type PathBytes } from '../types/path-bytes.js'
import { InFlight } from '../workers/in-flight.js'
import { type Area, isTooLong, pathOutOfArea } from './area.js'
import type { MapComparison, MapHeader } from './backupmap-types.js'
import { DT_DIR, isBackedUp, type WalkFailure } from './expand-directories.js'
import { isAbsent, LookupFailure } from './lookup-failure.js'
import type { MapContext, MapPool } from './map-request-types.js'
import type { MapSite } from './map-site-types.js'
import { ask } from './map-workers.js'
import { planSlice } from './slice-plan.js'
import { walkSlice } from './slice-walk.js'
import type { WalkDirectory } from './walk-directories.js'
import { walkFailed } from './walk-failed.js'
import type { DirectoryNames } from './walk-order.js'
import { BATCH_DIRECTORIES, groupWalked, WalkSum, walkTree } from './walk-run.js'

/** Writes the slice of S1 that the target compares itself with, and gives how far the comparison has come with it. */
export async function runSlice(
  context: MapContext,
  site: MapSite,
  pool: MapPool,
  before: MapHeader,
  entryCount: number,
): Promise<MapComparison> {
  const { timestamp } = site.snapshot
  const { compareDays } = context.config.backup
  const plan = planSlice({ compareDays, entryCount, baseTimestamp: site.base!.backup.timestamp, timestamp })
  if (plan.kind === 'nothing') return { ...before.comparison, directoryCount: 0, entryCount: 0 }
  if (plan.kind === 'everything') {
    await ask(pool, { kind: 'root' })
    const walked = await walkTree(context, site, pool, false)
    await groupWalked(pool, true)
    return comparisonOf({ cursor: null, cycleStart: timestamp }, walked)
  }
  const tree = context.lustre.openTree(site.mountPoint)
  try {
    return await walkPart(context, site, pool, before.comparison, { quota: plan.quota, timestamp }, tree)
  } finally {
    tree.close()
  }
}

async function walkPart(
  { signal }: MapContext,
  { area }: MapSite,
  pool: MapPool,
  from: MapComparison,
  limits: { readonly quota: number; readonly timestamp: number },
  tree: LustreTree,
): Promise<MapComparison> {
  const sum = new WalkSum()
  const work = new InFlight(pool.capacity * 2)
  let reached: Pick<MapComparison, 'cursor' | 'cycleStart'> = from
  let batch: PathBytes[] = []
  const flush = async () => {
    const paths = batch
    batch = []
    await work.start(async () => {
      const directories = await withFids(tree, area, paths)
      const { walked } = await ask(pool, { kind: 'walk', directories, full: false })
      sum.add(directories, walked)
    })
  }
  for await (const directory of walkSlice(from, limits, (paths) => listNames(tree, area, paths))) {
    signal.throwIfAborted()
    reached = directory.reached
    // The root is no entry of any directory.
    if (directory.path.length === 0) await ask(pool, { kind: 'root' })
    batch.push(directory.path)
    if (batch.length >= BATCH_DIRECTORIES) await flush()
  }
  if (batch.length > 0) await flush()
  await work.drain()
  sum.assertWhole()
  await groupWalked(pool, false)
  return comparisonOf(reached, sum)
}

function comparisonOf({ cursor, cycleStart }: Pick<MapComparison, 'cursor' | 'cycleStart'>, sum: WalkSum): MapComparison {
  return { cursor, cycleStart, directoryCount: sum.directoryCount, entryCount: sum.entryCount }
}

async function listNames(tree: LustreTree, area: Area, paths: readonly PathBytes[]): Promise<(DirectoryNames | null)[]> {
  const columns = await tree.readdir(packPaths(paths.map((path) => pathOutOfArea(area, path))))
  const failures: WalkFailure[] = []
  const listed = paths.map((path, row): DirectoryNames | null => {
    const errno = columns.errno[row]!
    if (errno !== 0 && !isAbsent(errno)) failures.push({ path, reason: String(new LookupFailure('readdir', errno)) })
    if (errno !== 0) return null
    const directories: Buffer[] = []
    let otherCount = 0
    for (let entry = columns.entryStart[row]!; entry < columns.entryStart[row + 1]!; entry += 1) {
      const name = Buffer.from(unpackPath(columns.names, entry))
      const below = joinPath(path, name)
      if (isTooLong(area, pathOutOfArea(area, below)) || !isBackedUp(area, below)) continue
      if (columns.types[entry] === DT_DIR) directories.push(name)
      else otherCount += 1
    }
    return { directories, otherCount }
  })
  if (failures.length > 0) throw walkFailed(failures)
  return listed
}

async function withFids(tree: LustreTree, area: Area, paths: readonly PathBytes[]): Promise<WalkDirectory[]> {
  const { errno, fids } = await tree.path2fid(packPaths(paths.map((path) => pathOutOfArea(area, path))))
  const failures = paths.flatMap((path, row) =>
    errno[row] === 0 ? [] : [{ path, reason: String(new LookupFailure('path2fid', errno[row]!)) }],
  )
  if (failures.length > 0) throw walkFailed(failures)
  return paths.map((path, row) => ({ path, fid: fids.slice(row * FID_BYTES, (row + 1) * FID_BYTES) }))
}
