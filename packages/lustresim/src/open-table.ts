import type { Fid } from './fid.js'
import type { Inode } from './inode.js'
import { OpenFlag } from './record-types.js'

/** All opens of one inode with the same uid, gid and flags: the MDT records the first open and the last close. */
export interface OpenKey {
  inode: Inode
  readonly uid: number
  readonly gid: number
  readonly flags: number
  /** Handles that are open now. */
  count: number
  /** A client keeps the open lock: no CLOSE follows the last close. */
  cached: boolean
}

/** As it is saved. */
export interface SavedOpen {
  readonly fid: Fid
  readonly uid: number
  readonly gid: number
  readonly flags: number
  readonly count: number
  readonly cached: boolean
}

/** The MDTs' table of open files. */
export class OpenTable {
  #keys = new Set<OpenKey>()

  find(inode: Inode, uid: number, gid: number, flags: number): OpenKey | undefined {
    for (const key of this.#keys) if (key.inode === inode && key.uid === uid && key.gid === gid && key.flags === flags) return key
    return undefined
  }

  add(key: OpenKey): OpenKey {
    this.#keys.add(key)
    return key
  }

  remove(key: OpenKey): void {
    this.#keys.delete(key)
  }

  isOpen(inode: Inode): boolean {
    return this.of(inode).length > 0
  }

  isOpenForWrite(inode: Inode): boolean {
    return this.of(inode).some((key) => (key.flags & OpenFlag.WRITE) !== 0)
  }

  of(inode: Inode): OpenKey[] {
    return this.all().filter((key) => key.inode === inode)
  }

  all(): OpenKey[] {
    return [...this.#keys]
  }

  save(): SavedOpen[] {
    return this.all().map(({ inode, ...rest }) => ({ fid: inode.fid, ...rest }))
  }
}
