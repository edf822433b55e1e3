import { existsSync, unlinkSync } from 'node:fs'
import { adoptedFid, mdtOf, ZERO_FID } from './fid.js'
import type { FsCore } from './fs-core.js'
import { addLink, type Inode, isDirectory, isRegular, type Link, removeLink, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from './inode.js'
import { placeEntry } from './placement.js'
import { planReconcile, type ReconcilePlan } from './reconcile-plan.js'
import { AttributeFlag, LAST_LINK, OpenFlag, RecordType } from './record-types.js'
import { type ScanRow, scanTree } from './scan.js'

/** New entries of another program are named by what created them. */
const OPEN_NEW = OpenFlag.WRITE | OpenFlag.CREAT | OpenFlag.CREATED

/**
 * Finds what other programs changed in the live tree (rsync, a shell, the backup's own state) and makes the changes known: FIDs for
 * new entries, new data versions, and the records that Lustre would have written. The tree itself is not touched. Returns the scan
 * with the inode of every row.
 */
export function reconcile(core: FsCore): { readonly rows: readonly ScanRow[]; readonly inodes: readonly Inode[] } {
  core.begin()
  core.noteAdopted()
  core.settleDirs()
  const rows = scanTree(core.paths.live)
  const plan = planReconcile(rows, core.inodes)
  const inodes = [...plan.inodes]
  // What is gone leaves the table first: a new entry may have its inode number.
  for (const inode of plan.removed) core.forget(inode)
  const victims = namesOfVictims(plan)
  adoptCreated(core, plan, rows, inodes)
  for (const change of plan.names) applyNames(core, change, inodes, victims)
  for (const inode of plan.removed) removeGone(core, inode)
  for (const { inode, mode, owner } of plan.attributes) emitAttributes(core, inode, mode, owner)
  for (const { inode } of plan.data) applyData(core, inode)
  rows.forEach((row, at) => {
    const { mode, uid, gid, size, mtimeNs, ctimeNs } = row
    Object.assign(inodes[at]!, { mode, uid, gid, size, mtimeNs, ctimeNs })
  })
  return { rows, inodes: inodes as readonly Inode[] }
}

function adoptCreated(core: FsCore, plan: ReconcilePlan, rows: readonly ScanRow[], inodes: (Inode | null)[]): void {
  const numberOf = new Map(plan.created.length > 0 ? rows.map((row, at) => [row, at] as const) : [])
  for (const group of plan.created) {
    const first = group[0]!
    const parent = inodes[first.parentRow]!
    const inode = newInode(core, first, parent)
    for (const row of group) inodes[numberOf.get(row)!] = inode
    addLink(inode, parent, first.name)
    emitCreated(core, inode, parent, first.name)
  }
  // Further names of new inodes, once every folder has its inode.
  for (const group of plan.created) {
    const inode = inodes[numberOf.get(group[0]!)!]!
    for (const row of group.slice(1)) addName(core, inode, inodes[row.parentRow]!, row.name)
  }
}

function newInode(core: FsCore, row: ScanRow, parent: Inode): Inode {
  const { ino, btimeNs, mode, uid, gid, size, mtimeNs, ctimeNs } = row
  const inode: Inode = {
    fid: adoptedFid(mdtOf(parent.fid), ino, btimeNs),
    ...{ ino, btimeNs, mode, uid, gid, size, mtimeNs, ctimeNs },
    ...{ dataVersion: core.newDataVersion(), pendingVersion: 0, hsmStates: 0, hsmArchiveId: 0, stripeCount: 0, recorded: false, links: [] },
  }
  core.inodes.set(ino, inode)
  return inode
}

function emitCreated(core: FsCore, inode: Inode, parent: Inode, name: string): void {
  core.emitFor(inode, { type: creationType(inode.mode), pfid: parent.fid, name })
  if (!isRegular(inode)) return
  core.emitFor(inode, { type: RecordType.OPEN, flags: OPEN_NEW, pfid: parent.fid, isOpen: true })
  core.emitFor(inode, { type: RecordType.CLOSE, flags: OpenFlag.WRITE | OpenFlag.CREAT })
}

function creationType(mode: number): number {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return RecordType.MKDIR
    case S_IFREG:
      return RecordType.CREAT
    case S_IFLNK:
      return RecordType.SLINK
    default:
      return RecordType.MKNOD
  }
}

const placeKey = (parent: Inode, name: string) => `${parent.ino}/${name}`

/** Names that another inode has taken over, with the one that lost them: the victim of a rename. */
function namesOfVictims(plan: ReconcilePlan): Map<string, Inode> {
  const victims = new Map<string, Inode>()
  const note = (inode: Inode, links: readonly Link[]) => {
    for (const link of links) victims.set(placeKey(link.parent, link.name), inode)
  }
  for (const inode of plan.removed) note(inode, inode.links)
  for (const { inode, removed } of plan.names) note(inode, removed)
  return victims
}

/** Old and new names of an inode are paired as renames; what is left over was linked or unlinked. */
function applyNames(
  core: FsCore,
  change: ReconcilePlan['names'][number],
  inodes: readonly (Inode | null)[],
  victims: ReadonlyMap<string, Inode>,
): void {
  const { inode } = change
  // Another inode's rename may have taken this name already, and told so.
  const removed = change.removed.filter((link) => inode.links.includes(link))
  change.added.forEach((row, at) => {
    const parent = inodes[row.parentRow]!
    const old = removed[at]
    if (old) moveName(core, inode, old, parent, row.name, victims.get(placeKey(parent, row.name)))
    else addName(core, inode, parent, row.name)
  })
  for (const link of removed.slice(change.added.length)) unlinkName(core, inode, link)
}

function addName(core: FsCore, inode: Inode, parent: Inode, name: string): void {
  addLink(inode, parent, name)
  core.emit(placeEntry(parent, name), { type: RecordType.HLINK, tfid: inode.fid, pfid: parent.fid, name }, inode)
}

function moveName(core: FsCore, inode: Inode, old: Link, parent: Inode, name: string, victim: Inode | undefined): void {
  const lost = victim?.links.find((link) => link.parent === parent && link.name === name)
  if (victim && lost) removeLink(victim, parent, name)
  removeLink(inode, old.parent, old.name)
  addLink(inode, parent, name)
  const isLast = lost !== undefined && victim!.links.length === 0
  const record = { type: RecordType.RENME, flags: isLast ? LAST_LINK : 0, tfid: lost ? victim!.fid : ZERO_FID, pfid: parent.fid, name }
  core.emit(placeEntry(parent, name), { ...record, source: { fid: inode.fid, parent: old.parent.fid, name: old.name } }, inode)
}

function unlinkName(core: FsCore, inode: Inode, link: Link): void {
  removeLink(inode, link.parent, link.name)
  const flags = inode.links.length === 0 ? LAST_LINK : 0
  const type = isDirectory(inode) ? RecordType.RMDIR : RecordType.UNLNK
  core.emitFor(inode, { type, flags, pfid: link.parent.fid, name: link.name })
}

function removeGone(core: FsCore, inode: Inode): void {
  for (const link of [...inode.links]) unlinkName(core, inode, link)
}

function emitAttributes(core: FsCore, inode: Inode, mode: boolean, owner: boolean): void {
  if (mode) core.emitFor(inode, { type: RecordType.SATTR, flags: AttributeFlag.MODE | AttributeFlag.CTIME })
  if (owner) core.emitFor(inode, { type: RecordType.SATTR, flags: AttributeFlag.UID | AttributeFlag.GID | AttributeFlag.CTIME })
}

function applyData(core: FsCore, inode: Inode): void {
  if (!isRegular(inode)) return
  const pfid = inode.links[0]?.parent.fid
  core.emitFor(inode, { type: RecordType.OPEN, flags: OpenFlag.WRITE, isOpen: true, ...(pfid && { pfid }) })
  core.emitFor(inode, { type: RecordType.CLOSE, flags: OpenFlag.WRITE })
  const unflushed = core.unflushedPath(inode)
  if (existsSync(unflushed)) unlinkSync(unflushed)
  inode.pendingVersion = 0
  inode.dataVersion = core.newDataVersion()
}
