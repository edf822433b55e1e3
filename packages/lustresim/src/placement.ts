import { mdtOf } from './fid.js'
import type { FsCore } from './fs-core.js'
import type { Inode } from './inode.js'
import { depthOf } from './sim-path.js'

/** Folders down to this depth are spread over the MDTs; below, they stay with their parent (Lustre's max_inherit_rr). */
const ROUND_ROBIN_DEPTH = 3

const FNV_OFFSET = 0xcbf29ce484222325n
const FNV_PRIME = 0x100000001b3n

/** The MDT of a name: that of its folder, or of the stripe that the hash of the name selects. */
export function placeEntry(parent: Inode, name: string): number {
  const base = mdtOf(parent.fid)
  return parent.stripeCount > 1 ? base + stripeOf(name, parent.stripeCount) : base
}

/** Lustre's fnv_1a_64 hash of a name, which selects the stripe of a striped directory. Stripes are on consecutive MDTs. */
function stripeOf(name: string, stripeCount: number): number {
  let hash = FNV_OFFSET
  for (let at = 0; at < name.length; at++) hash = ((hash ^ BigInt(name.charCodeAt(at))) * FNV_PRIME) & 0xffffffffffffffffn
  return Number(hash % BigInt(stripeCount))
}

/** The MDT of a new folder: near the top the MDTs take turns, deeper it is the parent's. */
export function placeDirectory(core: FsCore, parent: Inode, parentPath: string, name: string): number {
  if (parent.stripeCount > 1 || depthOf(parentPath) >= ROUND_ROBIN_DEPTH) return placeEntry(parent, name)
  return core.state.roundRobin++ % core.config.mdts
}
