import type { OpenMap } from '../namespace/namespace-types.js'
import type { Tree } from '../tree/tree-port.js'
import { basenameOf, joinPath, type PathBytes } from '../types/path-bytes.js'
import { type ComparedEntry, type DirectoryPiece, readDirectories } from './compare-groups.js'
import { NameCursor } from './name-merge.js'

/** Some directories of one depth, or pieces of them, beside what the target has in them. */
export interface MergedDirectories {
  /** Entries of the map of which the target has the name. */
  readonly present: readonly ComparedEntry[]
  readonly absent: readonly ComparedEntry[]
  /** What the target has and the map has not. */
  readonly extra: readonly PathBytes[]
}

const BATCH_ENTRIES = 4096

/**
 * Lists the directories of the map on the target, many at a time: most are small, and each costs round trips. Shallowest first; a directory is listed
 * after everything above it has been given out. `whenMissing` is asked about directories that the target does not have: empty, or to be left out.
 */
export async function* mergeDirectories(
  map: OpenMap,
  data: Tree,
  whenMissing: (piece: DirectoryPiece) => 'empty' | 'leave-out',
): AsyncGenerator<MergedDirectories> {
  const merger = new Merger(data, whenMissing)
  let pieces: DirectoryPiece[] = []
  let entryCount = 0
  for await (const piece of readDirectories(map)) {
    if (pieces.length > 0 && (pieces[0]!.depth !== piece.depth || entryCount >= BATCH_ENTRIES)) {
      yield await merger.merge(pieces)
      pieces = []
      entryCount = 0
    }
    pieces.push(piece)
    entryCount += piece.entries.length + 1
  }
  if (pieces.length > 0) yield await merger.merge(pieces)
}

class Merger {
  /** Of the directories that are not at their end; null = left out. */
  readonly #cursors = new Map<string, NameCursor | null>()

  constructor(
    private readonly data: Tree,
    private readonly whenMissing: (piece: DirectoryPiece) => 'empty' | 'leave-out',
  ) {}

  async merge(pieces: readonly DirectoryPiece[]): Promise<MergedDirectories> {
    await this.#openCursors(pieces.filter((piece) => piece.first))
    const present: ComparedEntry[] = []
    const absent: ComparedEntry[] = []
    const extra: PathBytes[] = []
    for (const piece of pieces) {
      const key = piece.path.toString('latin1')
      const cursor = this.#cursors.get(key)
      if (piece.last) this.#cursors.delete(key)
      if (!cursor) continue
      const merged = cursor.merge(
        piece.entries.map(({ node }) => basenameOf(node.path)),
        piece.last,
      )
      extra.push(...merged.extra.map((name) => joinPath(piece.path, name)))
      for (const [index, entry] of piece.entries.entries()) (merged.present[index] ? present : absent).push(entry)
    }
    return { present, absent, extra }
  }

  async #openCursors(pieces: readonly DirectoryPiece[]): Promise<void> {
    const listed = await this.data.readdir(pieces.map((piece) => piece.path))
    for (const [index, piece] of pieces.entries()) {
      const entries = listed[index] ?? (this.whenMissing(piece) === 'empty' ? [] : null)
      this.#cursors.set(piece.path.toString('latin1'), entries && new NameCursor(entries.map(({ name }) => name)))
    }
  }
}
