import { closeSync } from 'node:fs'
import type { DataEntry } from '../backupmap/backupmap-types.js'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { addon } from '../filediff/block-file.js'
import { type CopyContext, copyFile } from '../filediff/copy-file-run.js'
import { keptFileOf } from '../filediff/kept-folder.js'
import { openTargetFile } from '../filediff/target-file.js'
import type { Log } from '../log/log-types.js'
import { removeAll } from '../tree/remove-run.js'
import { expectOutcomes } from '../tree/tree-failure.js'
import type { Tree } from '../tree/tree-port.js'
import { percentEncode } from '../types/path-bytes.js'
import type { LargeDone } from './large-done.js'
import { isLargeFile } from './large-files-plan.js'
import { MAX_OWED, type Owed } from './owed-types.js'
import { type EntryParts, readTransferable } from './transfer-source.js'

export interface LargeFilesContext {
  readonly data: Tree
  readonly log: Log
  readonly signal: AbortSignal
  readonly largefileSizeBytes: bigint
  /** Absolute folder on the source, without trailing slash. */
  readonly remoteFolder: string
  /** How many files are copied at the same time, each over a connection of its own. */
  readonly laneCount: number
  readonly copy: CopyContext
  /** Makes sure that the snapshot is mounted on the source. */
  remount(): Promise<void>
  /** Folder of the kept block digests. */
  readonly keptFolder: string
  readonly done: LargeDone
  progress(bytes: bigint, totalBytes: bigint, files: number, totalFiles: number): void
}

export interface LargeFilesResult {
  /** Large files of the map, with those that an earlier run had done. */
  readonly totalCount: number
  readonly fileCount: bigint
  /** Sizes of the files, and what of them came over the network. */
  readonly contentBytes: bigint
  readonly dataBytes: bigint
  readonly owed: readonly Owed[]
}

/**
 * Copies the large files of a map, several at a time. One that fails is tried once more and is owed then, the others go on; that the source cannot
 * be reached at all stops the run.
 */
export async function runLargeFiles(sources: readonly EntryParts[], context: LargeFilesContext): Promise<LargeFilesResult> {
  const total = await countLarge(sources, context)
  if (total.files === 0) return { totalCount: 0, fileCount: 0n, contentBytes: 0n, dataBytes: 0n, owed: [] }
  const run = new LargeFilesRun(context, total, addon().openRoot(context.data.path))
  try {
    await run.all(largeEntries(sources, context))
    return run.result()
  } finally {
    addon().closeRoot(run.root)
  }
}

async function* largeEntries(sources: readonly EntryParts[], { largefileSizeBytes }: LargeFilesContext): AsyncGenerator<DataEntry> {
  for await (const entries of readTransferable(sources)) {
    for (const entry of entries) if (isLargeFile(entry, largefileSizeBytes)) yield entry
  }
}

interface Total {
  readonly files: number
  readonly bytes: bigint
}

async function countLarge(sources: readonly EntryParts[], context: LargeFilesContext): Promise<Total> {
  let [files, bytes] = [0, 0n]
  for await (const { size } of largeEntries(sources, context)) {
    files += 1
    bytes += size
  }
  return { files, bytes }
}

class LargeFilesRun {
  readonly #owed: Owed[] = []
  readonly #underWay = new Map<number, bigint>()
  #doneFiles = 0
  #doneBytes = 0n
  #dataBytes = 0n
  #copiedFiles = 0n
  #copiedBytes = 0n

  constructor(
    private readonly context: LargeFilesContext,
    private readonly total: Total,
    readonly root: number,
  ) {}

  async all(entries: AsyncGenerator<DataEntry>): Promise<void> {
    const failure = new AbortController()
    const work = async (lane: number) => {
      for (let next = await entries.next(); !next.done && !failure.signal.aborted; next = await entries.next()) {
        this.context.signal.throwIfAborted()
        await this.#one(next.value, lane, AbortSignal.any([this.context.signal, failure.signal]))
      }
    }
    const lanes = Array.from({ length: Math.min(this.context.laneCount, this.total.files) }, (_, lane) =>
      work(lane).catch((error: unknown) => {
        failure.abort(error)
        throw error
      }),
    )
    const ended = await Promise.allSettled(lanes)
    this.context.signal.throwIfAborted()
    if (failure.signal.aborted) throw failure.signal.reason
    const rejected = ended.find((outcome) => outcome.status === 'rejected')
    if (rejected !== undefined) throw rejected.reason
  }

  result(): LargeFilesResult {
    return {
      totalCount: this.total.files,
      fileCount: this.#copiedFiles,
      contentBytes: this.#copiedBytes,
      dataBytes: this.#dataBytes,
      owed: this.#owed,
    }
  }

  async #one(entry: DataEntry, lane: number, signal: AbortSignal): Promise<void> {
    if (!this.context.done.has(entry.fid)) {
      let reason = await this.#attempt(entry, lane, signal)
      if (reason !== null) {
        await this.context.remount()
        reason = await this.#attempt(entry, lane, signal)
      }
      if (reason === null) this.context.done.add(entry.fid)
      else this.#owe(entry, reason)
    }
    this.#underWay.delete(lane)
    this.#doneFiles += 1
    this.#doneBytes += entry.size
    this.#progress()
  }

  /** null when the file is complete, otherwise why not. */
  async #attempt(entry: DataEntry, lane: number, signal: AbortSignal): Promise<string | null> {
    try {
      await this.#copy(entry, lane, signal)
      return null
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof LustrebackupError) || error.code.startsWith('SSH_') || error.code === 'FILEDIFF_FULL') throw error
      this.context.log.warning('copying a large file failed', {
        path: percentEncode(entry.path),
        code: error.code,
        reason: reasonOf(error),
      })
      return reasonOf(error)
    }
  }

  async #copy(entry: DataEntry, lane: number, signal: AbortSignal): Promise<void> {
    const { context, root } = this
    await this.#makeLinks(entry)
    const result = await copyFile(
      {
        api: addon(),
        root,
        path: entry.path,
        sourcePath: Buffer.concat([Buffer.from(`${context.remoteFolder}/`, 'latin1'), entry.path]),
        bounds: null,
        size: entry.size,
        attributes: true,
        kept: keptFileOf(context.keptFolder, entry.fid),
        onProgress: (bytes) => {
          this.#underWay.set(lane, bytes)
          this.#progress()
        },
      },
      { ...context.copy, signal },
    )
    this.#dataBytes += result.dataBytes
    this.#copiedFiles += 1n
    this.#copiedBytes += entry.size
  }

  /** A new file exists under all its names before its data come, so that they can only be one inode. */
  async #makeLinks({ path, links }: DataEntry): Promise<void> {
    if (links.length === 0) return
    const { data } = this.context
    closeSync(openTargetFile({ api: addon(), root: this.root, path }))
    const [first, ...others] = await data.lstat([path, ...links])
    const missing = links.filter((_, index) => others[index]?.ino !== first?.ino)
    // What has one of the names is another file: it has the name from an earlier state of the tree.
    await removeAll(data, missing, this.context.signal)
    const outcomes = await data.link(
      missing.map(() => path),
      missing,
    )
    expectOutcomes('linking', data, missing, outcomes)
  }

  #owe({ fid, path }: DataEntry, reason: string): void {
    this.context.log.error('a file could not be transferred', { path: percentEncode(path), fid, reason })
    this.#owed.push({ fid, path, reason })
    if (this.#owed.length > MAX_OWED) throw new LustrebackupError('TOO_MANY_ERRORS', `copying large files: more than ${MAX_OWED} failed`)
  }

  #progress(): void {
    const bytes = Array.from(this.#underWay.values()).reduce((sum, part) => sum + part, this.#doneBytes)
    this.context.progress(bytes, this.total.bytes, this.#doneFiles, this.total.files)
  }
}
