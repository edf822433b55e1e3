import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { crashPoint } from '../crash/crash-point.js'
import { LineWriter } from '../parts/line-writer.js'
import { makeEmpty, makeFolder, syncFolder } from '../state/durable.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { encodeCovered, readCovered } from './coverage-codec.js'
import type { CoveredFile } from './coverage-types.js'

/** Files are spread over so many shards by their paths: one of them fits into memory, however many files there are. */
export const SHARDS = 256

/** A file with what was found right in some comparison. */
export interface CoveredSource {
  readonly folder: string
  readonly file: string
}

/** Of the target: when the content of each file was last found right. */
export class CoverageStore {
  readonly folder: string
  readonly #work: string

  constructor(layout: MetaLayout) {
    this.folder = join(layout.folder('verify'), 'coverage')
    this.#work = join(layout.folder('tmp'), 'verify-coverage')
  }

  /** The files of one shard by their paths (latin1). */
  async load(shard: number): Promise<Map<string, CoveredFile>> {
    const files = new Map<string, CoveredFile>()
    if (!existsSync(join(this.folder, fileOf(shard)))) return files
    for await (const batch of readCovered(this.folder, fileOf(shard))) for (const file of batch) files.set(keyOf(file), file)
    return files
  }

  /** Makes the names of the shards that were saved survive a power cut. */
  sync(): void {
    if (existsSync(this.folder)) syncFolder(this.folder)
  }

  /** Replaces a shard whole: whoever is interrupted leaves the old one. */
  save(shard: number, files: Iterable<CoveredFile>): void {
    makeFolder(this.folder)
    const temporary = `${fileOf(shard)}.new`
    const writer = LineWriter.anew(this.folder, temporary)
    for (const file of files) writer.write(encodeCovered(file))
    writer.finish()
    renameSync(join(this.folder, temporary), join(this.folder, fileOf(shard)))
    crashPoint('coverage.saved')
  }

  /** Adds what was found right; of a file the newest state is what counts, and then the newest verification. Safe to repeat. */
  async add(sources: readonly CoveredSource[], signal: AbortSignal): Promise<void> {
    makeEmpty(this.#work)
    const used = await this.#spread(sources, signal)
    for (const shard of used) {
      signal.throwIfAborted()
      const files = await this.load(shard)
      for await (const batch of readCovered(this.#work, fileOf(shard))) {
        for (const file of batch) if (isNewer(file, files.get(keyOf(file)))) files.set(keyOf(file), file)
      }
      this.save(shard, files.values())
    }
    this.sync()
    rmSync(this.#work, { recursive: true, force: true })
    crashPoint('coverage.added')
  }

  /** Brings what belongs to each shard together; gives the shards. */
  async #spread(sources: readonly CoveredSource[], signal: AbortSignal): Promise<number[]> {
    const writers = new Map<number, LineWriter>()
    for (const { folder, file } of sources) {
      for await (const batch of readCovered(folder, file)) {
        signal.throwIfAborted()
        for (const covered of batch) {
          const shard = shardOfPath(covered.path)
          const writer = writers.get(shard) ?? new LineWriter(this.#work, fileOf(shard))
          writers.set(shard, writer)
          writer.write(encodeCovered(covered))
        }
      }
    }
    for (const writer of writers.values()) writer.finish(false)
    return [...writers.keys()].toSorted((a, b) => a - b)
  }
}

function isNewer(file: CoveredFile, known: CoveredFile | undefined): boolean {
  if (known === undefined || file.state !== known.state) return known === undefined || file.state > known.state
  return file.verifiedAt >= known.verifiedAt
}

const fileOf = (shard: number) => `${String(shard).padStart(3, '0')}.ndjson`
const keyOf = ({ path }: CoveredFile) => path.toString('latin1')

/** FNV-1a: spreads well what differs in few bytes. */
function shardOfPath(path: Buffer): number {
  let hash = 0x811c9dc5
  for (const byte of path) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return ((hash ^ (hash >>> 16)) >>> 0) % SHARDS
}
