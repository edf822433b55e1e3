import type { MapNode, PartEntries, PartKind } from '../backupmap/backupmap-types.js'
import type { Fid } from '../types/fid.js'
import type { PathBytes } from '../types/path-bytes.js'

/** A name of an object inside the backed-up area, proved by looking `path` up in the snapshot. Names are compared by parent and name, never by path. */
export interface Link {
  /** After migrations: the identity that the folder of `path` has in S1. */
  readonly parent: Fid
  readonly name: Buffer
  /** Relative to `data_path`, in its own snapshot. */
  readonly path: PathBytes
}

/** What one snapshot says of an object. An object without a link in the backed-up area is not in the snapshot as far as the backup goes. */
export interface ObjectState {
  readonly links: readonly Link[]
  readonly attributes: Omit<MapNode, 'fid' | 'path'>
  /** null where it was not needed, or could not be read. */
  readonly dataVersion: bigint | null
}

export interface TouchedObject {
  /** Identity in S1 (in S0, where it is in S0 only). */
  readonly fid: Fid
  /** A record says that attributes may have changed. */
  readonly meta: boolean
  /** A record says that data may have changed, or the object is to be rechecked: sizes and data versions decide. */
  readonly data: boolean
  readonly s0: ObjectState | null
  readonly s1: ObjectState | null
  /** S1 has the object, but outside the backed-up area: what it holds left with it. */
  readonly leftArea: boolean
}

export type Step = { readonly [K in PartKind]: { readonly kind: K; readonly entry: PartEntries[K] } }[PartKind]

export interface ObjectPlan {
  readonly fate: 'temporary' | 'created' | 'removed' | 'kept'
  readonly moved: boolean
  readonly data: boolean
  readonly attributes: boolean
  readonly steps: readonly Step[]
}

const NOTHING = { moved: false, data: false, attributes: false }

/** Decides what the target has to do for one object. Objects do not depend on each other: the order comes from the depths of the paths. */
export function planObject(object: TouchedObject): ObjectPlan {
  const { s0, s1 } = object
  if (s0 === null && s1 === null) return { fate: 'temporary', ...NOTHING, steps: [] }
  if (s0 === null) return { fate: 'created', ...NOTHING, steps: planCreated(object.fid, s1!) }
  if (s1 === null) return { fate: 'removed', ...NOTHING, steps: planRemoved(object, s0) }
  return planKept(object, s0, s1)
}

function planCreated(fid: Fid, s1: ObjectState): Step[] {
  const [first, ...rest] = inOrder(s1.links)
  const node = mapNode(fid, first!.path, s1.attributes)
  // The attributes of a directory come last, when nothing is made in it any more.
  if (node.type === 'd')
    return [
      { kind: 'mkdir', entry: { ...node, created: true } },
      { kind: 'attr', entry: node },
    ]
  return [
    {
      kind: 'data',
      entry: dataAt(
        node,
        true,
        rest.map((link) => link.path),
      ),
    },
  ]
}

/** Field by field: a spread takes several times as long, and there are millions of these. */
export function mapNode(fid: Fid, path: PathBytes, of: ObjectState['attributes']): MapNode {
  const { type, mode, uid, gid, size, mtimeNs, nlink, rdev, acl, defaultAcl, released } = of
  return { fid, path, type, mode, uid, gid, size, mtimeNs, nlink, rdev, acl, defaultAcl, released }
}

function dataAt(node: MapNode, created: boolean, links: readonly PathBytes[]): PartEntries['data'] {
  const { fid, path, type, mode, uid, gid, size, mtimeNs, nlink, rdev, acl, defaultAcl, released } = node
  return { fid, path, type, mode, uid, gid, size, mtimeNs, nlink, rdev, acl, defaultAcl, released, created, links }
}

function planRemoved({ fid, leftArea }: TouchedObject, s0: ObjectState): Step[] {
  const { type } = s0.attributes
  const tree = type === 'd' && leftArea
  return inOrder(s0.links).map(({ path }) => ({ kind: 'remove', entry: { fid, path, type, tree } }))
}

function planKept(object: TouchedObject, s0: ObjectState, s1: ObjectState): ObjectPlan {
  const { steps, anchor } = planLinks(object.fid, s0, s1)
  const data = dataDiffer(object, s0, s1)
  const attributes = object.meta || attributesDiffer(s0, s1)
  const node = mapNode(object.fid, anchor, s1.attributes)
  // A transfer of data brings the attributes with it.
  if (data) steps.push({ kind: 'data', entry: dataAt(node, false, []) })
  // One that only moved is named as well: a target that lost it has to know that it cannot be transferred.
  else if (attributes || (node.released && steps.length > 0)) steps.push({ kind: 'attr', entry: node })
  return { fate: 'kept', moved: steps.some(isNamespaceStep), data, attributes, steps }
}

function isNamespaceStep({ kind }: Step): boolean {
  return kind !== 'data' && kind !== 'attr'
}

/** Brings the links of S0 to those of S1; `anchor` is an S1 path that is in place before any other link of the object is made. */
function planLinks(fid: Fid, s0: ObjectState, s1: ObjectState): { steps: Step[]; anchor: PathBytes } {
  const { type } = s1.attributes
  if (s0.links.length === 1 && s1.links.length === 1 && sameLink(s0.links[0]!, s1.links[0]!))
    return { steps: [], anchor: s1.links[0]!.path }
  const before = new Set(s0.links.map(keyOf))
  const after = new Set(s1.links.map(keyOf))
  const gone = inOrder(s0.links.filter((link) => !after.has(keyOf(link))))
  const fresh = inOrder(s1.links.filter((link) => !before.has(keyOf(link))))
  const kept = inOrder(s1.links.filter((link) => before.has(keyOf(link))))
  const steps: Step[] = []
  if (kept.length === 0) {
    // The object itself has to be carried over: one name that goes becomes one that comes.
    const [from, to] = [gone.shift()!.path, fresh.shift()!]
    steps.push(
      { kind: 'move', entry: { fid, path: from, type, to: to.path } },
      { kind: 'place', entry: { fid, path: to.path, type, from } },
    )
    kept.push(to)
  }
  const anchor = kept[0]!.path
  for (const { path } of gone) steps.push({ kind: 'remove', entry: { fid, path, type, tree: false } })
  for (const { path } of fresh) steps.push({ kind: 'link', entry: { fid, path, type, to: anchor } })
  return { steps, anchor }
}

/** Times prove nothing: they are whole seconds, and a snapshot can hold new times with old content. A version that could not be read counts as another one. */
function dataDiffer(object: TouchedObject, s0: ObjectState, s1: ObjectState): boolean {
  if (s1.attributes.type !== 'f') return false
  if (s0.attributes.size !== s1.attributes.size) return true
  return object.data && (s1.dataVersion === null || s0.dataVersion !== s1.dataVersion)
}

/** User xattrs always leave a record; everything that may change without one is compared. */
function attributesDiffer({ attributes: a }: ObjectState, { attributes: b }: ObjectState): boolean {
  return (
    a.mode !== b.mode ||
    a.uid !== b.uid ||
    a.gid !== b.gid ||
    a.mtimeNs !== b.mtimeNs ||
    bytesDiffer(a.acl, b.acl) ||
    bytesDiffer(a.defaultAcl, b.defaultAcl)
  )
}

function bytesDiffer(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a !== b : !a.equals(b)
}

/** What almost all objects come to: the same single link in both. */
function sameLink(a: Link, b: Link): boolean {
  return a.parent === b.parent && a.name.equals(b.name)
}

function keyOf(link: Link): string {
  return `${link.parent}${link.name.toString('latin1')}`
}

/** By path, so that the same interval always gives the same plan. */
function inOrder(links: readonly Link[]): Link[] {
  return links.length === 1 ? [links[0]!] : links.toSorted((a, b) => a.path.compare(b.path))
}
