import { mkdirSync } from 'node:fs'
import { BACKUPMAP_FORMAT, BACKUPMAP_VERSION, type MapHeader, type MapPart } from '../../backupmap/backupmap-types.js'
import { PartWriter } from '../../backupmap/part-writer.js'
import { ROOT_FID } from '../../types/fid.js'
import type { OpenMap } from '../namespace-types.js'
import { type ObjectState, planObject, type Step } from '../object-plan.js'
import { contentOf, type ModelNode, type ModelTree } from './model-tree.js'

const ATTRIBUTES = { mode: 0o644, uid: 0, gid: 0, mtimeNs: 0n, rdev: null, acl: null, defaultAcl: null, released: false } as const

export type AttributeSource = (side: 's0' | 's1', path: Buffer) => ObjectState['attributes']

/** What the source would find out and write for everything that is in either tree. */
export function writeModelMap(folder: string, s0: ModelTree, s1: ModelTree): OpenMap {
  return writeSteps(folder, planModel(s0, s1))
}

/** `attributes` replaces those of the model, such as by those of a tree on disk. */
export function planModel(s0: ModelTree, s1: ModelTree, attributes: AttributeSource | null = null): Step[] {
  const [before, after] = [s0.objects(), s1.objects()]
  const fids = new Set([...before.keys(), ...after.keys()])
  return Array.from(fids).flatMap((fid) => {
    const from = (state: ObjectState | null, side: 's0' | 's1') =>
      state && attributes ? { ...state, attributes: attributes(side, state.links[0]!.path) } : state
    const states = { s0: from(stateOf(before.get(fid)), 's0'), s1: from(stateOf(after.get(fid)), 's1') }
    return planObject({ fid, meta: false, data: true, ...states, leftArea: false }).steps
  })
}

export function writeSteps(folder: string, steps: readonly Step[]): OpenMap {
  mkdirSync(folder)
  const writer = new PartWriter(folder, 'w0')
  for (const { kind, entry } of steps) writer.write(kind, entry as never)
  return { folder, header: headerOf(writer.finish()) }
}

export function stateOf(object: { readonly node: ModelNode; readonly links: ObjectState['links'] } | undefined): ObjectState | null {
  if (object === undefined) return null
  const { node, links } = object
  const nlink = node.type === 'd' ? 2 : links.length
  return {
    links,
    attributes: { ...ATTRIBUTES, type: node.type, size: node.type === 'f' ? BigInt(contentOf(node).length) : 0n, nlink },
    dataVersion: BigInt(node.version),
  }
}

/** A header around parts; what the target does not read of it is empty. */
export function headerOf(parts: readonly MapPart[], changes: Partial<MapHeader> = {}): MapHeader {
  const none = { touched: 0, created: 0, removed: 0, kept: 0, temporary: 0, excluded: 0, failed: 0 }
  return {
    format: BACKUPMAP_FORMAT,
    version: BACKUPMAP_VERSION,
    software: 'test',
    kind: 'incremental',
    fsname: 'src',
    base: { timestamp: 1000, snapshotName: 'src-backup-1000' },
    snapshot: { timestamp: 2000, snapshotName: 'src-backup-2000' },
    mdts: [],
    roots: { dataPath: ROOT_FID, metaBasepath: null },
    dataPath: '',
    unproven: [],
    counts: { ...none, moved: 0, data: 0, attributes: 0, unchanged: 0, dataBytes: 0n },
    tree: { entryCount: 0, sizeBytes: 0n },
    comparison: { cursor: null, cycleStart: 2000, directoryCount: 0, entryCount: 0 },
    settings: { largefileSizeBytes: 1n << 30n, hugefileSizeBytes: 1n << 40n },
    parts,
    ...changes,
  }
}
