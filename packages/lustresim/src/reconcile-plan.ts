import { hasLink, type Inode, isDirectory, type Link } from './inode.js'
import type { ScanRow } from './scan.js'

/** A name of a known inode, by scan row: the parent may be new. */
export interface NameChange {
  readonly inode: Inode
  readonly added: readonly ScanRow[]
  readonly removed: readonly Link[]
}

/** What other programs did to the live tree since the index was written. */
export interface ReconcilePlan {
  /** Real inodes that the index does not know, parents first. */
  readonly created: readonly ScanRow[][]
  readonly names: readonly NameChange[]
  /** Known inodes that are gone, deepest first. */
  readonly removed: readonly Inode[]
  /** Known inodes with another owner, mode or ctime than remembered. */
  readonly attributes: readonly { readonly inode: Inode; readonly row: ScanRow; readonly mode: boolean; readonly owner: boolean }[]
  /** Known regular files whose data may have changed. */
  readonly data: readonly { readonly inode: Inode; readonly row: ScanRow }[]
  /** The known inode of every row, null for new ones. */
  readonly inodes: readonly (Inode | null)[]
}

/** Compares a scan with the index. An inode is the same only if its birth time is too: numbers are reused quickly. */
export function planReconcile(rows: readonly ScanRow[], known: ReadonlyMap<number, Inode>): ReconcilePlan {
  const inodes = rows.map((row) => matching(row, known))
  const groups = groupByInode(rows)
  const created: ScanRow[][] = []
  const names: NameChange[] = []
  const attributes: ReconcilePlan['attributes'][number][] = []
  const data: ReconcilePlan['data'][number][] = []
  const seen = new Set<Inode>()
  for (const group of groups) {
    const row = group[0]!
    const inode = matching(row, known)
    if (!inode) {
      created.push(group)
      continue
    }
    seen.add(inode)
    const change = compareNames(inode, group, inodes)
    const isMoved = change.added.length > 0 || change.removed.length > 0
    if (isMoved) names.push(change)
    const mode = row.mode !== inode.mode
    const owner = row.uid !== inode.uid || row.gid !== inode.gid
    const isFolder = isDirectory(inode)
    const isTimed = row.ctimeNs !== inode.ctimeNs && !isMoved && !mode && !owner && !(isFolder && row.mtimeNs !== inode.mtimeNs)
    if (mode || owner || isTimed) attributes.push({ inode, row, mode: mode || isTimed, owner })
    const isWritten = row.size !== inode.size || row.mtimeNs !== inode.mtimeNs || isTimed
    if (!isFolder && isWritten) data.push({ inode, row })
  }
  const removed = [...known.values()].filter((inode) => !seen.has(inode)).sort((a, b) => depth(b) - depth(a))
  return { created, names, removed, attributes, data, inodes }
}

function matching(row: ScanRow, known: ReadonlyMap<number, Inode>): Inode | null {
  const inode = known.get(row.ino)
  return inode && inode.btimeNs === row.btimeNs ? inode : null
}

/** The rows of each inode, in the order of the first one. */
function groupByInode(rows: readonly ScanRow[]): ScanRow[][] {
  const groups: ScanRow[][] = []
  const linked = new Map<number, ScanRow[]>()
  for (const row of rows) {
    const group = row.nlink > 1 && !isDirectory(row) ? linked.get(row.ino) : undefined
    if (group) {
      group.push(row)
      continue
    }
    const fresh = [row]
    groups.push(fresh)
    if (row.nlink > 1 && !isDirectory(row)) linked.set(row.ino, fresh)
  }
  return groups
}

function compareNames(inode: Inode, group: readonly ScanRow[], inodes: readonly (Inode | null)[]): NameChange {
  if (inode.links.length === 0) return { inode, added: [], removed: [] }
  const parentOf = (row: ScanRow) => inodes[row.parentRow] ?? null
  const added = group.filter((row) => {
    const parent = parentOf(row)
    return !parent || !hasLink(inode, parent, row.name)
  })
  if (added.length === 0 && group.length === inode.links.length) return { inode, added, removed: [] }
  const removed = inode.links.filter((link) => !group.some((row) => row.name === link.name && parentOf(row) === link.parent))
  return { inode, added, removed }
}

function depth(inode: Inode): number {
  let levels = 0
  for (let at = inode.links[0]; at; at = at.parent.links[0]) levels++
  return levels
}
