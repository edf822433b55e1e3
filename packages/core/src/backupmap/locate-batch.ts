import { type PathList, packPaths, pickPaths, unpackPath } from '@lustrebackup/lustreapi/path-list'
import type { RecordedName } from '../changelog/collect-names.js'
import { FID_WORDS, Touched } from '../changelog/touched-types.js'
import type { ObjectState } from '../namespace/object-plan.js'
import { pathInArea, pathOutOfArea } from './area.js'
import { bytesOf, type Identities } from './identities.js'
import { firstInArea, type LinkColumns, type Located, linkAt, locatedAt, Proof } from './link-columns.js'
import type { LookupFailure } from './lookup-failure.js'
import { addNamedLinks } from './named-links.js'
import { type AttributeColumns, attributeColumnsOf, attributesAt } from './read-attributes.js'
import type { SnapshotSide } from './snapshot-side.js'

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

/** What one snapshot says of the items of a batch. */
export interface BatchSide {
  readonly side: SnapshotSide
  /** Row of each item in `links`; -1 = not looked up, because its bits say that there is nothing. */
  readonly rows: Int32Array
  readonly links: LinkColumns
  /** Row of each item in `attributes`, which is the number of its first link in the backed-up area; -1 = it has none there. */
  readonly attributeRows: Int32Array
  readonly attributes: AttributeColumns
}

export interface BatchFacts {
  readonly s0: BatchSide | null
  readonly s1: BatchSide
}

/**
 * Looks every FID of a batch up in both snapshots, but not where its bits say already that there is nothing. `names`: what the log names besides;
 * null = nothing was asked of it.
 */
export async function locateBatch(batch: Batch, sides: Sides, names: readonly RecordedName[] | null): Promise<BatchFacts> {
  const { s0, s1, identities } = sides
  const [before, after] = await Promise.all([
    s0 === null ? null : lookUpWithout(batch, Touched.created, identities.inBase(batch.fids), s0),
    lookUpWithout(batch, Touched.lastLinkGone, batch.fids, s1),
  ])
  if (names !== null) await addNames(batch, names, sides, before, after)
  const [readBefore, readAfter] = await Promise.all([before === null ? null : readSide(before), readSide(after)])
  return { s0: readBefore, s1: readAfter }
}

type Looked = Pick<BatchSide, 'side' | 'rows'> & { links: LinkColumns }

async function lookUpWithout({ bits }: Batch, bit: number, fids: Uint32Array, side: SnapshotSide): Promise<Looked> {
  const rows = new Int32Array(bits.length).fill(-1)
  const wanted = new Uint32Array(bits.length * FID_WORDS)
  let count = 0
  for (let item = 0; item < bits.length; item += 1) {
    if (bits[item]! & bit) continue
    for (let word = 0; word < FID_WORDS; word += 1) wanted[count * FID_WORDS + word] = fids[item * FID_WORDS + word]!
    rows[item] = count++
  }
  return { side, rows, links: await side.lookUp(bytesOf(wanted.subarray(0, count * FID_WORDS))) }
}

/** Few inodes have so many links: they are worked on one by one. */
async function addNames(batch: Batch, names: readonly RecordedName[], sides: Sides, before: Looked | null, after: Looked): Promise<void> {
  const found = Array.from(batch.bits, (_, item) => ({ s0: locatedOf(before, item), s1: locatedOf(after, item) }))
  await addNamedLinks(batch, found, names, sides)
  for (const [looked, located] of [
    [before, found.map(({ s0 }) => s0)],
    [after, found.map(({ s1 }) => s1)],
  ] as const) {
    if (looked === null) continue
    for (let item = 0; item < looked.rows.length; item += 1) looked.rows[item] = item
    looked.links = columnsOf(located, looked.side)
  }
}

/** What was found of an item, as an object of its own. */
export function locatedOf(looked: Pick<BatchSide, 'side' | 'rows' | 'links'> | null, item: number): Located {
  const row = looked?.rows[item] ?? -1
  if (looked === null || row === -1) return { failure: null, exists: false, unreachable: false, links: [], paths: [] }
  return locatedAt(looked.links, row, looked.side.area)
}

function columnsOf(located: readonly Located[], { area }: SnapshotSide): LinkColumns {
  const linkStart = new Uint32Array(located.length + 1)
  const paths: Buffer[] = []
  const parents: LinkColumns['parents'][number][] = []
  located.forEach((one, item) => {
    for (const link of one.links) {
      paths.push(pathOutOfArea(area, link.path))
      parents.push(link.parent)
    }
    for (const path of one.paths) {
      if (pathInArea(area, path) !== null) continue
      paths.push(path)
      parents.push(null)
    }
    linkStart[item + 1] = paths.length
  })
  return {
    linkStart,
    paths: packPaths(paths),
    proofs: Uint8Array.from(parents, (parent) => (parent === null ? Proof.outside : Proof.inArea)),
    parents,
    inspected: null,
    exists: Uint8Array.from(located, ({ exists }) => (exists ? 1 : 0)),
    unreachable: new Set(located.flatMap(({ unreachable }, item) => (unreachable ? [item] : []))),
    failures: new Map(located.flatMap(({ failure }, item) => (failure === null ? [] : [[item, failure] as const]))),
  }
}

/** Attributes of the located objects, each at its first link in the area. */
async function readSide({ side, rows, links }: Looked): Promise<BatchSide> {
  const attributeRows = new Int32Array(rows.length).fill(-1)
  const wanted: number[] = []
  for (let item = 0; item < rows.length; item += 1) {
    const row = rows[item]!
    if (row === -1 || links.failures.has(row)) continue
    const link = firstInArea(links, row)
    if (link === -1) continue
    attributeRows[item] = link
    wanted.push(link)
  }
  const inspected = links.inspected ?? (await side.tree.inspect(links.paths))
  return { side, rows, links, attributeRows, attributes: await attributeColumnsOf(side.tree, links.paths, inspected, wanted) }
}

/** The list itself where all of it is wanted. */
export function pickSome(list: PathList, indexes: readonly number[]): PathList {
  return indexes.length === list.ends.length ? list : pickPaths(list, indexes)
}

/** Why nothing may be believed of an item; null where nothing failed. */
export function failureOf(facts: BatchSide | null, item: number): LookupFailure | null {
  if (facts === null || facts.links.failures.size + facts.attributes.failures.size === 0) return null
  return facts.links.failures.get(facts.rows[item]!) ?? facts.attributes.failures.get(facts.attributeRows[item]!) ?? null
}

/** State of an item in one snapshot; null where it has none of it in the backed-up area. */
export function stateOf(facts: BatchSide | null, item: number, dataVersion: bigint | null): ObjectState | null {
  if (facts === null || facts.attributeRows[item] === -1) return null
  const { side, links, rows, attributes, attributeRows } = facts
  const row = rows[item]!
  const [first, end] = [links.linkStart[row]!, links.linkStart[row + 1]!]
  const found: ObjectState['links'][number][] = []
  for (let link = first; link < end; link += 1) {
    if (links.proofs[link] === Proof.inArea)
      found.push(linkAt(unpackPath(links.paths, link) as Located['paths'][number], links.parents[link]!, side.area))
  }
  return { links: found, attributes: attributesAt(attributes, attributeRows[item]!), dataVersion }
}
