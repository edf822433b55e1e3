import { unpackPath } from '@lustrebackup/lustreapi/path-list'
import type { RecordedName } from '../changelog/collect-names.js'
import { isTemporary } from '../changelog/reduction.js'
import { FID_WORDS, Touched } from '../changelog/touched-types.js'
import { planObject } from '../namespace/object-plan.js'
import { typeOfMode } from '../tree/entry-type.js'
import { fidOfWords } from '../types/fid.js'
import { basenameOf } from '../types/path-bytes.js'
import { type LinkColumns, Proof } from './link-columns.js'
import { type Batch, type BatchFacts, type BatchSide, failureOf, locateBatch, pickSome, type Sides, stateOf } from './locate-batch.js'
import { planOwed } from './owed-plan.js'
import type { PartWriter } from './part-writer.js'
import { readVersions } from './released.js'
import { fidWordsAt, type ResolveSum, staysForRecheck } from './resolve-sum.js'

/** A FID of a batch that could not be looked up. */
export interface FailedItem {
  readonly item: number
  readonly reason: string
}

/** Bits that let size and data version decide about the data. */
const COMPARE_DATA = Touched.data | Touched.recheck | Touched.opener | Touched.owed
/** Bytes that a link takes in the link attribute besides its name, and how full the attribute (4 KiB) must be for some links to be missing. */
const LINK_ENTRY_BYTES = 18
const LINKS_CROWDED_BYTES = 3500

/**
 * Resolves one batch: looks its FIDs up in both snapshots, decides about each, and writes what the target has to do.
 * With `names` null an inode that has more links than were found is left for later (`ResolveSum.addDeficit`). Gives what failed; nothing is written or counted for it.
 */
export async function resolveBatch(
  batch: Batch,
  sides: Sides,
  writer: PartWriter,
  sum: ResolveSum,
  names: readonly RecordedName[] | null,
): Promise<FailedItem[]> {
  const facts = await locateBatch(batch, sides, names)
  const { s0, s1 } = facts
  const versions = await readDataVersions(batch, facts)
  const failed: FailedItem[] = []
  for (let item = 0; item < batch.bits.length; item += 1) {
    const failure = failureOf(s0, item) ?? failureOf(s1, item)
    if (failure !== null) failed.push({ item, reason: String(failure) })
    else if (names === null && (lacksLinks(s0, item) || lacksLinks(s1, item)))
      sum.addDeficit(fidWordsAt(batch.fids, item), batch.bits[item]!)
    else writeObject({ batch, item, facts, versions: versions.get(item) ?? null }, writer, sum, sides)
  }
  return failed
}

/** Data versions of a file in S0 and S1; one that cannot be read is null, which counts as another one. */
type Versions = readonly [bigint | null, bigint | null]

/** Reads data versions where only they can tell, by item. Owed objects get none: their data are sent in any case. */
async function readDataVersions({ bits }: Batch, { s0, s1 }: BatchFacts): Promise<ReadonlyMap<number, Versions>> {
  const items: number[] = []
  if (s0 === null) return new Map()
  for (let item = 0; item < bits.length; item += 1) {
    const [before, after] = [s0.attributeRows[item]!, s1.attributeRows[item]!]
    if (before === -1 || after === -1 || (bits[item]! & COMPARE_DATA) === 0 || bits[item]! & Touched.owed) continue
    if (failureOf(s0, item) !== null || failureOf(s1, item) !== null) continue
    const [stats0, stats1] = [s0.attributes.stats, s1.attributes.stats]
    const isFile = isFileMode(stats0.mode[before]!) && isFileMode(stats1.mode[after]!)
    if (isFile && stats0.size[before] === stats1.size[after]) items.push(item)
  }
  if (items.length === 0) return new Map()
  const [before, after] = await Promise.all([versionsOf(s0, items), versionsOf(s1, items)])
  return new Map(items.map((item, row) => [item, [before[row]!, after[row]!]]))
}

function versionsOf({ side, links, attributes, attributeRows }: BatchSide, items: readonly number[]) {
  const wanted = items.map((item) => attributeRows[item]!)
  return readVersions(side.tree, pickSome(links.paths, wanted), (row) => attributes.released.has(attributeRows[items[row]!]!))
}

function isFileMode(mode: number): boolean {
  return typeOfMode(mode) === 'f'
}

/** Whether the inode has links that fid2path does not know. Without attributes, because none of the known ones is in the area, a nearly full link attribute decides. */
function lacksLinks(facts: BatchSide | null, item: number): boolean {
  if (facts === null || facts.rows[item] === -1) return false
  const { links, rows, attributes, attributeRows } = facts
  const [start, end] = [links.linkStart[rows[item]!]!, links.linkStart[rows[item]! + 1]!]
  const row = attributeRows[item]!
  if (row !== -1) {
    const { mode, nlink } = attributes.stats
    return typeOfMode(mode[row]!) !== 'd' && nlink[row]! > provedCount(links, start, end)
  }
  let bytes = 0
  for (let link = start; link < end; link += 1) {
    if (links.proofs[link] !== Proof.none) bytes += LINK_ENTRY_BYTES + basenameOf(unpackPath(links.paths, link)).length
  }
  return bytes > LINKS_CROWDED_BYTES
}

function provedCount({ proofs }: LinkColumns, start: number, end: number): number {
  let count = 0
  for (let link = start; link < end; link += 1) if (proofs[link] !== Proof.none) count += 1
  return count
}

interface Item {
  readonly batch: Batch
  readonly item: number
  readonly facts: BatchFacts
  readonly versions: Versions | null
}

function writeObject({ batch, item, facts, versions }: Item, writer: PartWriter, sum: ResolveSum, { identities }: Sides): void {
  const bits = batch.bits[item]!
  if (isTemporary(bits)) {
    sum.addTemporary()
    return
  }
  const s0 = stateOf(facts.s0, item, versions?.[0] ?? null)
  const s1 = stateOf(facts.s1, item, versions?.[1] ?? null)
  const [existed, exists] = [existsIn(facts.s0, item), existsIn(facts.s1, item)]
  const own = fidOfWords(batch.fids, item * FID_WORDS)
  const fid = s1 === null ? identities.oldest(own) : own
  const plan = planObject({
    fid,
    meta: (bits & (Touched.meta | Touched.owed)) !== 0,
    data: (bits & COMPARE_DATA) !== 0,
    s0,
    s1,
    leftArea: exists,
  })
  for (const { kind, entry } of plan.steps) writer.write(kind, entry)
  if (bits & Touched.owed) for (const { kind, entry } of planOwed(fid, s1, plan)) writer.write(kind, entry)
  if (facts.s1.links.unreachable.has(facts.s1.rows[item]!)) writer.write('unreachable', { fid: own, folder: null })
  if (staysForRecheck(bits, plan, s1)) writer.write('recheck', { fid })
  if (bits & Touched.opener && exists) sum.addOpener(own, plan.data || plan.fate === 'created')
  sum.addPlan(plan, s0, s1, existed || exists)
  if (bits & Touched.walked) return
  if (s1?.attributes.type === 'd' && s0 === null && existed) sum.addEntered(s1.links[0]!.path)
  if (s0?.attributes.type === 'd' && s1 === null && exists) sum.addLeft(s0.links[0]!.path)
}

function existsIn(facts: BatchSide | null, item: number): boolean {
  return facts !== null && facts.rows[item] !== -1 && facts.links.exists[facts.rows[item]!] === 1
}

/** The items of a batch that are named, as a batch. */
export function pickItems(batch: Batch, items: readonly number[]): Batch {
  const fids = new Uint32Array(items.length * FID_WORDS)
  items.forEach((item, row) => {
    fids.set(fidWordsAt(batch.fids, item), row * FID_WORDS)
  })
  return { fids, bits: Uint32Array.from(items, (item) => batch.bits[item]!) }
}
