import { FID_WORDS, Touched } from '../changelog/touched-types.js'
import type { ObjectState } from '../namespace/object-plan.js'
import { pathOutOfArea } from './area.js'
import { bytesOf, type Identities } from './identities.js'
import { LookupFailure } from './lookup-failure.js'
import { type EntryFacts, readAttributes } from './read-attributes.js'
import { readVersions } from './released.js'
import type { Located, SnapshotSide } from './snapshot-side.js'

/** Touched FIDs of one batch: four words each, and the bits of each. */
export interface Batch {
  readonly fids: Uint32Array
  readonly bits: Uint32Array
}

/** Both snapshots; the base is null where there is none. */
export interface Sides {
  readonly s0: SnapshotSide | null
  readonly s1: SnapshotSide
  readonly identities: Identities
}

/** One FID of a batch in both snapshots. */
export interface Found {
  readonly s0: Located
  readonly s1: Located
}

const NOWHERE: Located = { failure: null, exists: false, unreachable: false, links: [], paths: [] }

/** Looks every FID of a batch up in both snapshots, but not where its bits say already that there is nothing. */
export async function locateBatch(batch: Batch, { s0, s1, identities }: Sides): Promise<Found[]> {
  const [inS0, inS1] = await Promise.all([
    s0 === null ? new Map<number, Located>() : locateWithout(batch, Touched.created, identities.inBase(batch.fids), s0),
    locateWithout(batch, Touched.lastLinkGone, batch.fids, s1),
  ])
  return Array.from(batch.bits, (_, item) => ({ s0: inS0.get(item) ?? NOWHERE, s1: inS1.get(item) ?? NOWHERE }))
}

async function locateWithout(batch: Batch, bit: number, fids: Uint32Array, side: SnapshotSide): Promise<Map<number, Located>> {
  const items = Array.from(batch.bits.keys()).filter((item) => (batch.bits[item]! & bit) === 0)
  const wanted = new Uint32Array(items.length * FID_WORDS)
  items.forEach((item, row) => {
    wanted.set(fids.subarray(item * FID_WORDS, (item + 1) * FID_WORDS), row * FID_WORDS)
  })
  const located = await side.locate(bytesOf(wanted))
  return new Map(items.map((item, row) => [item, located[row]!]))
}

/** States of the located objects in one snapshot; null where it has none of the object in the backed-up area. Failures are noted in `located`. */
export async function readStates(side: SnapshotSide | null, located: readonly Located[]): Promise<(ObjectState | null)[]> {
  if (side === null) return located.map(() => null)
  const there = located.filter((one) => one.failure === null && one.links.length > 0)
  const read = await readAttributes(
    side.tree,
    there.map((one) => pathOutOfArea(side.area, one.links[0]!.path)),
  )
  const facts = new Map<Located, EntryFacts | LookupFailure>(there.map((one, row) => [one, read[row]!]))
  return located.map((one) => {
    const known = facts.get(one)
    if (known === undefined) return null
    if (known instanceof LookupFailure) {
      one.failure = known
      return null
    }
    return { links: one.links, attributes: known.attributes, dataVersion: null }
  })
}

/** Data versions of the wanted objects; one that cannot be read stays null, which counts as another one. */
export async function readDataVersions(side: SnapshotSide, states: readonly ObjectState[]): Promise<ObjectState[]> {
  if (states.length === 0) return []
  const files = states.map(({ links, attributes }) => ({
    path: pathOutOfArea(side.area, links[0]!.path),
    released: attributes.released,
  }))
  const versions = await readVersions(side.tree, files)
  return states.map((state, row) => ({ ...state, dataVersion: versions[row]! }))
}
