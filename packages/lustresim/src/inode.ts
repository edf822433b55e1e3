import type { Fid } from './fid.js'

/** One name of an inode. Names are latin1 strings: one char a byte, much smaller than a Buffer. */
export interface Link {
  readonly parent: Inode
  readonly name: string
  /** Beyond the 4 KiB of Lustre's link attribute: fid2path does not tell it. */
  readonly hidden: boolean
}

/** What stat last said about an inode. A difference found later was made by another program. */
export interface RememberedStat {
  mode: number
  uid: number
  gid: number
  size: number
  mtimeNs: bigint
  ctimeNs: bigint
}

/** One inode of a simulated tree. The real file system below supplies the inode number; the FID is the simulator's. */
export interface Inode extends RememberedStat {
  fid: Fid
  ino: number
  readonly btimeNs: bigint
  dataVersion: number
  /** The data version that the unflushed data will have; 0 when the servers have everything. */
  pendingVersion: number
  hsmStates: number
  hsmArchiveId: number
  /** MDT stripes of a directory; 0 = not striped. */
  stripeCount: number
  /** The MDT still remembers a record of this inode, which suppresses MTIME. */
  recorded: boolean
  links: Link[]
}

const LINK_EA_BYTES = 4096
const LINK_EA_HEADER = 24
const LINK_ENTRY_FIXED = 18

export const S_IFMT = 0o170000
export const S_IFDIR = 0o040000
export const S_IFREG = 0o100000
export const S_IFLNK = 0o120000

export function isDirectory(inode: { readonly mode: number }): boolean {
  return (inode.mode & S_IFMT) === S_IFDIR
}

export function isRegular(inode: { readonly mode: number }): boolean {
  return (inode.mode & S_IFMT) === S_IFREG
}

export function isSymlink(inode: { readonly mode: number }): boolean {
  return (inode.mode & S_IFMT) === S_IFLNK
}

/**
 * Adds a name. Past 4 KiB of names it is hidden, and stays so even when others go. A name that the inode is known by already, because another
 * program took it away unseen, is not entered twice.
 */
export function addLink(inode: Inode, parent: Inode, name: string): void {
  if (hasLink(inode, parent, name)) return
  const used = inode.links.reduce((bytes, link) => bytes + (link.hidden ? 0 : LINK_ENTRY_FIXED + link.name.length), LINK_EA_HEADER)
  inode.links.push({ parent, name, hidden: used + LINK_ENTRY_FIXED + name.length > LINK_EA_BYTES })
}

export function removeLink(inode: Inode, parent: Inode, name: string): void {
  const at = inode.links.findIndex((link) => link.parent === parent && link.name === name)
  if (at >= 0) inode.links.splice(at, 1)
}

export function hasLink(inode: Inode, parent: Inode, name: string): boolean {
  return inode.links.some((link) => link.parent === parent && link.name === name)
}

/** The path of a link from the root of the tree, latin1, without a leading slash; '' for the root. */
export function pathOf(inode: Inode, link: Link | undefined = inode.links[0]): string {
  const names: string[] = []
  for (let at = link; at; at = at.parent.links[0]) names.push(at.name)
  return names.reverse().join('/')
}
