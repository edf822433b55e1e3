import type { MapNode } from '../backupmap/backupmap-types.js'
import { LustrebackupError } from '../errors/errors.js'
import { FULL_MAP_HINT } from '../errors/full-map-hint.js'
import { MAX_OWED, type Owed } from '../transfer/owed-types.js'
import type { Fid } from '../types/fid.js'
import { dirnameOf, type PathBytes } from '../types/path-bytes.js'
import type { DirectoryPiece } from './compare-groups.js'

type Directory = Pick<MapNode, 'fid' | 'path'>

const REASON = 'it was missing on the target, and what was in it still is'

/** Directories that the target lacks. One of which the slice also says what is in it is restored; any other is owed to the next map, which walks it. */
export class LostDirectories {
  /** They are made again, and were not listed in the slice so far. */
  readonly #made = new Map<string, Directory>()
  /** Only the slice's own lines of what is in them are known, not they themselves. */
  readonly #unseen = new Map<string, Directory>()

  /** A directory that will be made again. */
  add({ fid, path }: MapNode): void {
    this.#made.set(keyOf(path), { fid, path })
    this.#assertFew()
  }

  /** The slice lists a directory that the target does not have. */
  whenMissing({ fid, path }: DirectoryPiece): 'empty' | 'leave-out' {
    if (this.#made.delete(keyOf(path))) return 'empty'
    if (!this.#isBelowUnseen(path)) this.#unseen.set(keyOf(path), { fid, path })
    this.#assertFew()
    return 'leave-out'
  }

  get unseen(): readonly Directory[] {
    return [...this.#unseen.values()]
  }

  owed(): Owed[] {
    return [...this.#made.values(), ...this.#unseen.values()].map(({ fid, path }: { fid: Fid; path: PathBytes }) => ({
      fid,
      path,
      reason: REASON,
    }))
  }

  #isBelowUnseen(path: PathBytes): boolean {
    for (let at = path; at.length > 0; ) {
      at = dirnameOf(at)
      if (this.#unseen.has(keyOf(at))) return true
    }
    return false
  }

  #assertFew(): void {
    if (this.#made.size + this.#unseen.size <= MAX_OWED) return
    throw new LustrebackupError(
      'TARGET_DRIFTED',
      `comparing with the source: more than ${MAX_OWED} directories are missing on the target`,
      { hint: `It is no longer the tree of the last backup. ${FULL_MAP_HINT}` },
    )
  }
}

function keyOf(path: PathBytes): string {
  return path.toString('latin1')
}
