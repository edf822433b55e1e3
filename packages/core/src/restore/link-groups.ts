import type { EntryStat } from '../tree/tree-port.js'

/** Where the first link of an inode was restored to. */
export interface FirstLink {
  /** Relative to the folder that is restored into. */
  readonly path: Buffer
  readonly dev: bigint
  readonly ino: bigint
}

interface Group {
  readonly first: FirstLink | null
  /** Links of the backup that were not come across yet. */
  readonly left: number
}

/** Inodes of the backup with several links, as long as not all of these were come across. */
export class LinkGroups {
  readonly #groups = new Map<string, Group>()

  /** The first link that was restored; null when this is the first one. */
  firstOf(stat: EntryStat): FirstLink | null {
    return this.#groups.get(keyOf(stat))?.first ?? null
  }

  /** Counts a link; `first` when it is the one that the others are linked to. */
  add(stat: EntryStat, first: FirstLink | null): void {
    if (!hasLinks(stat)) return
    const key = keyOf(stat)
    const group = this.#groups.get(key) ?? { first: null, left: stat.nlink }
    if (group.left <= 1) this.#groups.delete(key)
    else this.#groups.set(key, { first: group.first ?? first, left: group.left - 1 })
  }

  get size(): number {
    return this.#groups.size
  }
}

export function hasLinks({ type, nlink }: EntryStat): boolean {
  return type !== 'd' && nlink > 1
}

function keyOf({ dev, ino }: EntryStat): string {
  return `${dev}:${ino}`
}
