import type { RecordedName } from '../changelog/collect-names.js'
import { FID_WORDS } from '../changelog/touched-types.js'
import { FID_BYTES, type Fid, fidAt, fidOfWords, packFids } from '../types/fid.js'
import { joinPath } from '../types/path-bytes.js'
import { isTooLong } from './area.js'
import { bytesOf, type Identities, wordsOf } from './identities.js'
import type { Located } from './link-columns.js'
import type { Batch, Sides } from './locate-batch.js'
import { isAbsent, isPathTooLong, LookupFailure } from './lookup-failure.js'
import type { SnapshotSide } from './snapshot-side.js'

/** One FID of a batch in both snapshots. */
export interface Found {
  readonly s0: Located
  readonly s1: Located
}

/** A place to try: identity of the folder in S1, and a name in it. */
interface Candidate {
  readonly parent: Fid
  readonly name: Buffer
}

/**
 * Completes the links of inodes that have more of them than fid2path knows: every name that the log recorded for them, and every link that
 * one snapshot knows, is looked up in both. A link that nobody names was not touched, and is the same in both.
 */
export async function addNamedLinks(batch: Batch, found: readonly Found[], names: readonly RecordedName[], sides: Sides): Promise<void> {
  const recorded = groupByFid(names, sides.identities)
  for (const [item, { s0, s1 }] of found.entries()) {
    const fid = fidOfWords(batch.fids, item * FID_WORDS)
    const candidates = new Map<string, Candidate>()
    for (const candidate of [...(recorded.get(fid) ?? []), ...s0.links, ...s1.links]) {
      candidates.set(`${candidate.parent}${candidate.name.toString('latin1')}`, candidate)
    }
    const fidInBase = sides.identities.inBase(batch.fids.slice(item * FID_WORDS, (item + 1) * FID_WORDS))
    if (sides.s0 !== null)
      await addCandidates(sides.s0, s0, bytesOf(fidInBase), [...candidates.values()], (parent) => inBase(parent, sides))
    await addCandidates(sides.s1, s1, packFids([fid]), [...candidates.values()], (parent) => parent)
  }
}

function groupByFid(names: readonly RecordedName[], identities: Identities): Map<Fid, Candidate[]> {
  const groups = new Map<Fid, Candidate[]>()
  for (const { fid, parent, name } of names) {
    const key = identities.newest(fidAt(fid, 0))
    const group = groups.get(key) ?? []
    group.push({ parent: identities.newest(fidAt(parent, 0)), name: Buffer.from(name) })
    groups.set(key, group)
  }
  return groups
}

function inBase(fid: Fid, { identities }: Sides): Fid {
  return fidOfWords(identities.inBase(wordsOf(fid)))
}

async function addCandidates(
  side: SnapshotSide,
  located: Located,
  fid: Uint8Array,
  candidates: readonly Candidate[],
  identity: (parent: Fid) => Fid,
): Promise<void> {
  const known = new Set(located.paths.map((path) => path.toString('latin1')))
  const rows = new Map<Fid, number>()
  for (const { parent } of candidates) if (!rows.has(parent)) rows.set(parent, rows.size)
  const folders = await side.tree.fid2path(packFids([...rows.keys()].map(identity)))
  const places = candidates.flatMap((candidate) => {
    const row = rows.get(candidate.parent)!
    const errno = folders.errno[row]!
    if (isPathTooLong(errno)) located.unreachable = true
    else if (errno !== 0 && !isAbsent(errno)) located.failure = new LookupFailure('fid2path of the folder', errno)
    if (errno !== 0 || folders.linkStart[row] === folders.linkStart[row + 1]) return []
    const first = folders.linkStart[row]!
    const start = first === 0 ? 0 : folders.paths.ends[first - 1]!
    const folder = Buffer.from(folders.paths.bytes.subarray(start, folders.paths.ends[first]))
    const path = joinPath(folder, candidate.name)
    if (isTooLong(side.area, path)) located.unreachable = true
    return isTooLong(side.area, path) || known.has(path.toString('latin1')) ? [] : [{ item: 0, path }]
  })
  await side.addProved([located], fid.subarray(0, FID_BYTES), places)
}
