import type { DataEntry, MapNode } from '../backupmap/backupmap-types.js'
import { PartWriter } from '../backupmap/part-writer.js'
import { LustrebackupError } from '../errors/errors.js'
import type { Log } from '../log/log-types.js'
import type { OpenMap } from '../namespace/namespace-types.js'
import { NEW_DIRECTORY_MODE } from '../namespace/parents-run.js'
import type { EntryParts } from '../transfer/transfer-source.js'
import { removeAll } from '../tree/remove-run.js'
import { expectOutcomes } from '../tree/tree-failure.js'
import type { Tree } from '../tree/tree-port.js'
import { joinPath, type PathBytes, percentEncode } from '../types/path-bytes.js'
import { type ComparedEntry, type DirectoryPiece, readDirectories } from './compare-groups.js'
import { mirrorHardlinks } from './hardlinks-run.js'
import { decideEntry, type MirrorBase } from './mirror-plan.js'
import { NameCursor } from './name-merge.js'

export interface MirrorContext {
  readonly data: Tree
  readonly base: MirrorBase
  readonly log: Log
  readonly signal: AbortSignal
  /** An empty folder: what is to be transferred, in the parts of a map. */
  readonly folder: string
}

export interface MirrorResult {
  readonly parts: EntryParts
  /** Entries that the map does not have, with everything below. */
  readonly removedCount: number
}

const BATCH_ENTRIES = 4096

/**
 * Makes the names of the target those of a full map, and writes down whose content and whose attributes are to be transferred.
 * Safe to repeat from the beginning.
 */
export async function runMirror(map: OpenMap, context: MirrorContext): Promise<MirrorResult> {
  const writer = new PartWriter(context.folder, 'mirror')
  const mirror = new DirectoryMirror(context, writer)
  for await (const piece of readDirectories(map)) {
    context.signal.throwIfAborted()
    await mirror.add(piece)
  }
  await mirror.flush()
  const links = await mirrorHardlinks(map, context, writer)
  return { parts: { folder: context.folder, parts: writer.finish() }, removedCount: mirror.removedCount + links.removedCount }
}

/** Collects directories of one depth and works on them together: most are small, and each costs round trips. */
class DirectoryMirror {
  removedCount = 0
  readonly #cursors = new Map<string, NameCursor>()
  #pieces: DirectoryPiece[] = []
  #entryCount = 0

  constructor(
    private readonly context: MirrorContext,
    private readonly writer: PartWriter,
  ) {}

  async add(piece: DirectoryPiece): Promise<void> {
    const depth = this.#pieces[0]?.depth ?? piece.depth
    if (depth !== piece.depth || this.#entryCount >= BATCH_ENTRIES) await this.flush()
    this.#pieces.push(piece)
    this.#entryCount += piece.entries.length + 1
  }

  async flush(): Promise<void> {
    const pieces = this.#pieces
    this.#pieces = []
    this.#entryCount = 0
    await this.#openCursors(pieces.filter((piece) => piece.first))
    const present: ComparedEntry[] = []
    const absent: ComparedEntry[] = []
    const extra: PathBytes[] = []
    for (const piece of pieces) {
      const merged = this.#cursorOf(piece).merge(piece.entries, piece.last)
      extra.push(...merged.extra.map((name) => joinPath(piece.path, name)))
      for (const [index, entry] of piece.entries.entries()) (merged.present[index] ? present : absent).push(entry)
      if (piece.last) this.#cursors.delete(piece.path.toString('latin1'))
    }
    await this.#remove(extra, 'an entry that the source does not have was removed')
    await this.#decide(present, absent)
  }

  async #openCursors(pieces: readonly DirectoryPiece[]): Promise<void> {
    const listed = await this.context.data.readdir(pieces.map((piece) => piece.path))
    for (const [index, { path }] of pieces.entries()) {
      const entries = listed[index]
      if (!entries) throw notADirectory(path)
      this.#cursors.set(path.toString('latin1'), new NameCursor(entries.map(({ name }) => name)))
    }
  }

  #cursorOf(piece: DirectoryPiece): NameCursor {
    return this.#cursors.get(piece.path.toString('latin1'))!
  }

  async #decide(present: readonly ComparedEntry[], absent: readonly ComparedEntry[]): Promise<void> {
    const { data, base } = this.context
    const stats = await data.lstat(present.map(({ node }) => node.path))
    const clear: PathBytes[] = []
    const directories: PathBytes[] = []
    const decide = ({ node, same }: ComparedEntry, stat: (typeof stats)[number]) => {
      const decision = decideEntry(node, same, stat, base)
      if (decision.clear) clear.push(node.path)
      if (decision.next === 'make-directory') directories.push(node.path)
      if (decision.next === 'transfer') this.writer.write('data', asData(node))
      if (decision.next === 'attributes' || decision.next === 'make-directory') this.writer.write('attr', node)
    }
    for (const [index, entry] of present.entries()) decide(entry, stats[index]!)
    for (const entry of absent) decide(entry, null)
    await this.#remove(clear, 'an entry that differs from the source was removed')
    expectOutcomes('making a directory', data, directories, await data.mkdir(directories, NEW_DIRECTORY_MODE))
  }

  async #remove(paths: readonly PathBytes[], message: string): Promise<void> {
    for (const path of paths) this.context.log.info(message, { path: percentEncode(path) })
    this.removedCount += await removeAll(this.context.data, paths, this.context.signal)
  }
}

function asData(node: MapNode): DataEntry {
  return { ...node, created: true, links: [] }
}

function notADirectory(path: PathBytes): LustrebackupError {
  return new LustrebackupError('MAP_LINE_INVALID', `reading the backupmap: the folder of ${percentEncode(path)} is not in the map`, {
    hint: 'Make the map again on the source with lustrebackup_source_map --full, then run the backup again.',
  })
}
