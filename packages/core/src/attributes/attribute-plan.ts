import type { MapNode } from '../backupmap/backupmap-types.js'
import type { EntryStat } from '../tree/tree-port.js'
import { sameAcl } from './posix-acl.js'

export interface SeenAttributes {
  readonly stat: EntryStat
  readonly acl: Buffer | null
  readonly defaultAcl: Buffer | null
}

/** What to set so that an object has the attributes of the map. */
export interface AttributeFixes {
  readonly owner: boolean
  readonly acl: boolean
  readonly defaultAcl: boolean
  readonly mode: boolean
  readonly mtime: boolean
}

export type AttributeState =
  | { readonly kind: 'right' }
  | { readonly kind: 'to-fix'; readonly fixes: AttributeFixes }
  /** Not the object, or not its content: attributes cannot make it right. */
  | { readonly kind: 'wrong'; readonly reason: string }

/** Compares what the target has with what the map says. Symlinks have neither mode nor ACL of their own. */
export function planAttributes(node: MapNode, seen: SeenAttributes | null): AttributeState {
  if (seen === null) return { kind: 'wrong', reason: 'it is not on the target' }
  const { stat } = seen
  if (stat.type !== node.type) return { kind: 'wrong', reason: `its type is ${stat.type} instead of ${node.type}` }
  if (node.type === 'f' && stat.size !== node.size) return { kind: 'wrong', reason: `its size is ${stat.size} instead of ${node.size}` }
  if (node.rdev !== null && !sameDevice(node.rdev, stat.rdev)) return { kind: 'wrong', reason: `its device number is ${stat.rdev}` }
  const isLink = node.type === 'l'
  const owner = stat.uid !== node.uid || stat.gid !== node.gid
  const acl = !isLink && !sameAcl(seen.acl, node.acl, 'access')
  const fixes = {
    owner,
    acl,
    defaultAcl: node.type === 'd' && !sameAcl(seen.defaultAcl, node.defaultAcl, 'default'),
    // A change of the owner can take setuid and setgid away, one of the ACL changes the group's bits.
    mode: !isLink && (stat.mode !== node.mode || owner || acl),
    mtime: stat.mtimeNs !== node.mtimeNs,
  }
  return Object.values(fixes).some(Boolean) ? { kind: 'to-fix', fixes } : { kind: 'right' }
}

function sameDevice(a: readonly [number, number], b: readonly [number, number] | null): boolean {
  return b !== null && a[0] === b[0] && a[1] === b[1]
}
