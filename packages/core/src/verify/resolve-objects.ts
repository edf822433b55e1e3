import { packPaths } from '@lustrebackup/lustreapi/path-list'
import { pathOutOfArea } from '../backupmap/area.js'
import type { Located } from '../backupmap/link-columns.js'
import { isAbsent, LookupFailure } from '../backupmap/lookup-failure.js'
import { readStates } from '../backupmap/read-states.js'
import type { SnapshotSide } from '../backupmap/snapshot-side.js'
import { LustrebackupError } from '../errors/errors.js'
import type { ObjectState } from '../namespace/object-plan.js'
import { type Fid, fidAt, packFids } from '../types/fid.js'
import type { PathBytes } from '../types/path-bytes.js'
import type { GatheredFid } from './named-fids.js'

/** An object that the snapshot has in the backed-up area. */
export interface ResolvedObject {
  readonly fid: Fid
  /** Its names, sorted by their bytes; at least one. */
  readonly paths: readonly PathBytes[]
  readonly attributes: ObjectState['attributes']
  /** Every name of it was found. */
  readonly complete: boolean
}

export interface ResolvedBatch {
  readonly objects: readonly ResolvedObject[]
  /** FIDs that the snapshot does not have, or not in the backed-up area. */
  readonly goneCount: number
}

/** Looks gathered FIDs up in the snapshot. */
export async function resolveObjects(side: SnapshotSide, gathered: readonly GatheredFid[]): Promise<ResolvedBatch> {
  const direct = gathered.map(({ fid }) => fid)
  const located = await side.locate(packFids(direct))
  const moved = await locateMigrated(side, gathered, located)
  const fids = [...direct, ...moved.fids]
  const all = [...located, ...moved.located]
  const states = await readStates(side, all)
  await addKnownPaths(side, fids, all, states, gathered)
  assertFound(fids, all)
  const objects = states.flatMap((state, row) => (state === null ? [] : [objectOf(fids[row]!, state, all[row]!)]))
  return { objects, goneCount: gathered.length - Math.min(gathered.length, objects.length) }
}

function objectOf(fid: Fid, { attributes, links }: ObjectState, located: Located): ResolvedObject {
  const paths = links.map(({ path }) => path).toSorted(Buffer.compare)
  return { fid, paths, attributes, complete: attributes.type === 'd' || located.paths.length >= attributes.nlink }
}

/** A migration gives an object another FID, under which no later map may name it: what is at its path now is looked at in its place. */
async function locateMigrated(side: SnapshotSide, gathered: readonly GatheredFid[], located: readonly Located[]) {
  const lost = gathered.flatMap(({ paths }, row) => (located[row]!.failure === null && !located[row]!.exists ? paths : []))
  if (lost.length === 0) return { fids: [], located: [] }
  const found = await side.tree.path2fid(packPaths(lost.map((path) => pathOutOfArea(side.area, path))))
  const known = new Set(gathered.map(({ fid }) => fid))
  const fids = new Set<Fid>()
  for (const [row, path] of lost.entries()) {
    const errno = found.errno[row]!
    if (errno !== 0 && !isAbsent(errno)) throw lookupFailed([`${path} (${new LookupFailure('path2fid', errno)})`])
    if (errno === 0 && !known.has(fidAt(found.fids, row))) fids.add(fidAt(found.fids, row))
  }
  return { fids: [...fids], located: await side.locate(packFids([...fids])) }
}

/** Of an inode with very many links fid2path does not know all: those that the maps name are tried as well. */
async function addKnownPaths(
  side: SnapshotSide,
  fids: readonly Fid[],
  located: Located[],
  states: readonly (ObjectState | null)[],
  gathered: readonly GatheredFid[],
): Promise<void> {
  const places = gathered.flatMap(({ paths }, item) => {
    const [state, { paths: known }] = [states[item] ?? null, located[item]!]
    if (state === null || state.attributes.type === 'd' || known.length >= state.attributes.nlink) return []
    const have = new Set(known.map((path) => path.toString('latin1')))
    return paths
      .map((path) => pathOutOfArea(side.area, path))
      .filter((path) => !have.has(path.toString('latin1')))
      .map((path) => ({ item, path }))
  })
  await side.addProved(located, packFids([...fids]), places)
}

function assertFound(fids: readonly Fid[], located: readonly Located[]): void {
  const failed = located.flatMap(({ failure }, row) => (failure === null ? [] : [`${fids[row]} (${failure})`]))
  if (failed.length > 0) throw lookupFailed(failed)
}

export function lookupFailed(failed: readonly string[]): LustrebackupError {
  const named = failed.slice(0, 10).join(', ')
  return new LustrebackupError('VERIFY_LOOKUP_FAILED', `looking at the snapshot: ${failed.length} lookups failed: ${named}`, {
    hint: 'See dmesg and the state of the servers, then run the same command again with --resume.',
  })
}
