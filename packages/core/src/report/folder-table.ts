import type { PathBytes } from '../types/path-bytes.js'
import type { FolderFigures } from './report-types.js'

const DEPTH = 2
const SLASH = 0x2f

interface Row {
  entryCount: number
  bytes: bigint
}

/** Sums up by folder in bounded memory: when there are too many folders, the smaller half is forgotten. */
export class FolderTable {
  private readonly rows = new Map<string, Row>()
  private forgotten = false

  /** `capacity`: folders that are kept at once. */
  constructor(private readonly capacity: number) {}

  /** Counts `entryCount` entries at this path. */
  add(path: Buffer, bytes: bigint, entryCount: number): void {
    const key = folderOf(path)
    const row = this.rows.get(key)
    if (row !== undefined) {
      row.entryCount += entryCount
      row.bytes += bytes
      return
    }
    if (this.rows.size >= this.capacity) this.forgetHalf()
    this.rows.set(key, { entryCount, bytes })
  }

  /** Whether a folder was forgotten: what is there may then be too small. */
  get isApproximate(): boolean {
    return this.forgotten
  }

  /** The biggest folders, by bytes, then by entries. */
  biggest(count: number): FolderFigures[] {
    return this.sorted()
      .slice(0, count)
      .map(([key, row]) => ({ path: Buffer.from(key, 'latin1') as PathBytes, ...row }))
  }

  private forgetHalf(): void {
    this.forgotten = true
    for (const [key] of this.sorted().slice(Math.ceil(this.capacity / 2))) this.rows.delete(key)
  }

  private sorted(): [string, Row][] {
    return [...this.rows].sort(([keyA, a], [keyB, b]) => {
      if (a.bytes !== b.bytes) return a.bytes > b.bytes ? -1 : 1
      return b.entryCount - a.entryCount || (keyA < keyB ? -1 : 1)
    })
  }
}

/** The folder that an entry is in, at most two levels deep, a character a byte. */
function folderOf(path: Buffer): string {
  let end = 0
  for (let depth = 0; depth < DEPTH; depth += 1) {
    const slash = path.indexOf(SLASH, end === 0 ? 0 : end + 1)
    if (slash === -1) break
    end = slash
  }
  return path.toString('latin1', 0, end)
}
