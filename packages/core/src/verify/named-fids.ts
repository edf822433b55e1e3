import { join } from 'node:path'
import { shardOf } from '../changelog/packed-table.js'
import { decodeLine } from '../parts/line-fields.js'
import { type PartsOwner, readLines } from '../parts/line-reader.js'
import { LineWriter } from '../parts/line-writer.js'
import { type Fid, packFids } from '../types/fid.js'
import { jsonFromPath, type PathBytes } from '../types/path-bytes.js'

/** A FID that a backup of the range changed, at a path that it had there. */
export interface NamedFid {
  readonly fid: Fid
  readonly path: PathBytes
  /** The backup gave it this path as a new one. */
  readonly renamed: boolean
}

const OWNER: PartsOwner = {
  name: 'list of what changed',
  code: 'VERIFY_LIST',
  hint: 'Start the verification again, without --resume.',
}

const fileOf = (task: number) => `fids.t${task}.ndjson`

/** Writes FIDs to files, all lines of one FID to the same: each file is one task, and is brought together in memory by itself. */
export class NamedFidWriter {
  readonly #writers: LineWriter[]

  constructor(folder: string, taskCount: number) {
    this.#writers = Array.from({ length: taskCount }, (_, task) => new LineWriter(folder, fileOf(task)))
  }

  write({ fid, path, renamed }: NamedFid): void {
    const words = new Uint32Array(Uint8Array.from(packFids([fid])).buffer)
    const task = shardOf(words, 0, this.#writers.length)
    this.#writers[task]!.write(JSON.stringify({ fid, path: jsonFromPath(path), renamed }))
  }

  /** Everything is on disk afterwards. */
  finish(): void {
    for (const writer of this.#writers) writer.finish()
  }
}

/** What is known of one FID from all backups of the range. */
export interface GatheredFid {
  readonly fid: Fid
  /** Every path that a backup gave it, oldest first; some may lead to something else by now. */
  readonly paths: readonly PathBytes[]
  readonly renamed: boolean
}

/** The FIDs of one task, each once. */
export async function readNamedFids(folder: string, task: number): Promise<GatheredFid[]> {
  const gathered = new Map<Fid, { paths: Map<string, PathBytes>; renamed: boolean }>()
  const decode = (line: string) =>
    decodeLine(line, (fields): NamedFid => ({ fid: fields.fid(), path: fields.path('path'), renamed: fields.flag('renamed') }))
  for await (const batch of readLines(folder, { file: fileOf(task) }, decode, OWNER)) {
    for (const { fid, path, renamed } of batch) {
      const known = gathered.get(fid) ?? { paths: new Map(), renamed: false }
      known.paths.set(path.toString('latin1'), path)
      known.renamed ||= renamed
      gathered.set(fid, known)
    }
  }
  return Array.from(gathered, ([fid, { paths, renamed }]) => ({ fid, paths: [...paths.values()], renamed }))
}

/** Where the lists of a run lie. */
export function fidFolderOf(workFolder: string): string {
  return join(workFolder, 'fids')
}
