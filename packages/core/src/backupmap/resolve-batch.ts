import type { RecordedName } from '../changelog/collect-names.js'
import { isTemporary } from '../changelog/reduction.js'
import { FID_WORDS, Touched } from '../changelog/touched-types.js'
import { type ObjectState, planObject } from '../namespace/object-plan.js'
import { basenameOf } from '../types/path-bytes.js'
import { fidOfWords } from './identities.js'
import { type Batch, type Found, locateBatch, readDataVersions, readStates, type Sides } from './locate-batch.js'
import { addNamedLinks } from './named-links.js'
import { planOwed } from './owed-plan.js'
import type { PartWriter } from './part-writer.js'
import { fidWordsAt, type ResolveSum, staysForRecheck } from './resolve-sum.js'
import type { Located } from './snapshot-side.js'

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
  const found = await locateBatch(batch, sides)
  if (names !== null) await addNamedLinks(batch, found, names, sides)
  const [inS0, inS1] = await Promise.all([
    readStates(
      sides.s0,
      found.map(({ s0 }) => s0),
    ),
    readStates(
      sides.s1,
      found.map(({ s1 }) => s1),
    ),
  ])
  await compareData(batch, sides, inS0, inS1)
  const failed: FailedItem[] = []
  for (const [item, both] of found.entries()) {
    const failure = both.s0.failure ?? both.s1.failure
    const [s0, s1] = [inS0[item]!, inS1[item]!]
    if (failure !== null) failed.push({ item, reason: String(failure) })
    else if (names === null && (lacksLinks(both.s0, s0) || lacksLinks(both.s1, s1)))
      sum.addDeficit(fidWordsAt(batch.fids, item), batch.bits[item]!)
    else writeObject({ batch, item, both, s0, s1 }, writer, sum, sides)
  }
  return failed
}

/** Reads data versions into the states where only they can tell. Owed objects get none: their data are sent in any case. */
async function compareData(batch: Batch, { s0, s1 }: Sides, inS0: (ObjectState | null)[], inS1: (ObjectState | null)[]): Promise<void> {
  if (s0 === null) return
  const items = Array.from(batch.bits.keys()).filter((item) => {
    const [before, after, bits] = [inS0[item]!, inS1[item]!, batch.bits[item]!]
    if (before === null || after === null || (bits & COMPARE_DATA) === 0 || bits & Touched.owed) return false
    return before.attributes.type === 'f' && after.attributes.type === 'f' && before.attributes.size === after.attributes.size
  })
  const [versions0, versions1] = await Promise.all([
    readDataVersions(
      s0,
      items.map((item) => inS0[item]!),
    ),
    readDataVersions(
      s1,
      items.map((item) => inS1[item]!),
    ),
  ])
  items.forEach((item, row) => {
    inS0[item] = versions0[row]!
    inS1[item] = versions1[row]!
  })
}

/** Whether the inode has links that fid2path does not know. Without attributes, because none of the known ones is in the area, a nearly full link attribute decides. */
function lacksLinks(located: Located, state: ObjectState | null): boolean {
  if (state !== null) return state.attributes.type !== 'd' && state.attributes.nlink > located.paths.length
  const bytes = located.paths.reduce((total, path) => total + LINK_ENTRY_BYTES + basenameOf(path).length, 0)
  return bytes > LINKS_CROWDED_BYTES
}

interface Item {
  readonly batch: Batch
  readonly item: number
  readonly both: Found
  readonly s0: ObjectState | null
  readonly s1: ObjectState | null
}

function writeObject({ batch, item, both, s0, s1 }: Item, writer: PartWriter, sum: ResolveSum, { identities }: Sides): void {
  const bits = batch.bits[item]!
  if (isTemporary(bits)) {
    sum.addTemporary()
    return
  }
  const words = fidWordsAt(batch.fids, item)
  const fid = fidOfWords(s1 === null ? identities.inBase(words) : words)
  const plan = planObject({
    fid,
    meta: (bits & (Touched.meta | Touched.owed)) !== 0,
    data: (bits & COMPARE_DATA) !== 0,
    s0,
    s1,
    leftArea: both.s1.exists,
  })
  for (const { kind, entry } of plan.steps) writer.write(kind, entry)
  if (bits & Touched.owed) for (const { kind, entry } of planOwed(fid, s1, plan)) writer.write(kind, entry)
  if (both.s1.unreachable) writer.write('unreachable', { fid: fidOfWords(words), folder: null })
  if (staysForRecheck(bits, plan, s1)) writer.write('recheck', { fid })
  if (bits & Touched.opener && both.s1.exists) sum.addOpener(fidOfWords(words), plan.data || plan.fate === 'created')
  sum.addPlan(plan, s0, s1, both.s0.exists || both.s1.exists)
  if (bits & Touched.walked) return
  if (s1?.attributes.type === 'd' && s0 === null && both.s0.exists) sum.addEntered(s1.links[0]!.path)
  if (s0?.attributes.type === 'd' && s1 === null && both.s1.exists) sum.addLeft(s0.links[0]!.path)
}

/** The items of a batch that are named, as a batch. */
export function pickItems(batch: Batch, items: readonly number[]): Batch {
  const fids = new Uint32Array(items.length * FID_WORDS)
  items.forEach((item, row) => {
    fids.set(fidWordsAt(batch.fids, item), row * FID_WORDS)
  })
  return { fids, bits: Uint32Array.from(items, (item) => batch.bits[item]!) }
}
