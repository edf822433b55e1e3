import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { crashPoint } from '../crash/crash-point.js'
import { LineWriter } from '../parts/line-writer.js'
import { makeEmpty, makeFolder, syncFolder } from '../state/durable.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { InFlight } from '../workers/in-flight.js'
import { encodeCovered, readCovered } from './coverage-codec.js'
import type { CoveredFile } from './coverage-types.js'

/** Files are spread over so many shards by their paths: one of them fits into memory, however many files there are. */
export const SHARDS = 256

/** A file with what was found right in some comparison. */
export interface CoveredSource {
  readonly folder: string
  readonly file: string
}

/** The files of a shard by their paths (latin1). */
export interface LoadedShard {
  readonly shard: number
  readonly files: ReadonlyMap<string, CoveredFile>
}

/** What has been added lies beside the shards until it is as much as this share of them, and at least as much as this. */
const MERGED_SHARE = 4
const MERGED_FROM_BYTES = 16 * 1024 * 1024
/** Shards that are flushed to disk at a time. */
const FLUSHING = 8

/** Of the target: when the content of each file was last found right. */
export class CoverageStore {
  readonly folder: string
  readonly #work: string
  #opened: ReadonlySet<number> = new Set()

  constructor(layout: MetaLayout) {
    this.folder = join(layout.folder('verify'), 'coverage')
    this.#work = join(layout.folder('tmp'), 'verify-coverage')
  }

  /** The files of one shard by their paths (latin1); of what was added the part that `openAdded` has found for it. */
  async load(shard: number): Promise<Map<string, CoveredFile>> {
    const files = new Map<string, CoveredFile>()
    if (existsSync(join(this.folder, fileOf(shard))))
      for await (const batch of readCovered(this.folder, fileOf(shard))) for (const file of batch) files.set(keyOf(file), file)
    if (!this.#opened.has(shard)) return files
    for await (const batch of readCovered(this.#work, fileOf(shard)))
      for (const file of batch) if (isNewer(file, files.get(keyOf(file)))) files.set(keyOf(file), file)
    return files
  }

  /** Makes the names of the shards that were saved survive a power cut. */
  sync(): void {
    if (existsSync(this.folder)) syncFolder(this.folder)
  }

  /** Replaces each shard whole: whoever is interrupted leaves the old one. */
  async saveAll(shards: Iterable<LoadedShard> | AsyncIterable<LoadedShard>): Promise<void> {
    await InFlight.run(FLUSHING, async (work) => {
      for await (const { shard, files } of shards) await work.start(() => this.#save(shard, files.values()))
    })
  }

  async #save(shard: number, files: Iterable<CoveredFile>): Promise<void> {
    makeFolder(this.folder)
    const temporary = `${fileOf(shard)}.new`
    const writer = LineWriter.anew(this.folder, temporary)
    for (const file of files) writer.write(encodeCovered(file))
    writer.finish(false)
    await syncFile(join(this.folder, temporary))
    renameSync(join(this.folder, temporary), join(this.folder, fileOf(shard)))
    crashPoint('coverage.saved')
  }

  /**
   * Adds what was found right. Safe to repeat. It becomes one file beside the shards: what little a verification has would otherwise have all of them
   * written anew.
   */
  async add(sources: readonly CoveredSource[], signal: AbortSignal): Promise<void> {
    makeFolder(this.folder)
    const writer = LineWriter.anew(this.folder, ADDING)
    for (const { folder, file } of sources) {
      for await (const batch of readCovered(folder, file)) {
        signal.throwIfAborted()
        for (const covered of batch) writer.write(encodeCovered(covered))
      }
    }
    const { entryCount } = writer.finish()
    if (entryCount === 0) return
    renameSync(join(this.folder, ADDING), join(this.folder, addedFile((this.#added().at(-1) ?? 0) + 1)))
    crashPoint('coverage.added')
    this.sync()
    const addedBytes = this.#bytesOf(this.#added().map(addedFile))
    if (addedBytes < MERGED_FROM_BYTES) return
    const shardBytes = this.#bytesOf(Array.from({ length: SHARDS }, (_, shard) => fileOf(shard)))
    if (addedBytes >= shardBytes / MERGED_SHARE) await this.merge(signal)
  }

  /**
   * Spreads what was added over the shards to which it belongs, and gives these. From here on `load` knows it; each of them has to be saved before
   * `forgetAdded`.
   */
  async openAdded(signal: AbortSignal): Promise<ReadonlySet<number>> {
    const sources = this.#added().map((number) => ({ folder: this.folder, file: addedFile(number) }))
    makeEmpty(this.#work)
    this.#opened = new Set(await this.#spread(sources, signal))
    return this.#opened
  }

  hasAdded(shard: number): boolean {
    return this.#opened.has(shard)
  }

  /** What was added is in the shards, and they are on disk. */
  forgetAdded(): void {
    this.sync()
    for (const number of this.#added()) rmSync(join(this.folder, addedFile(number)), { force: true })
    this.#opened = new Set()
    rmSync(this.#work, { recursive: true, force: true })
    crashPoint('coverage.merged')
  }

  async *#loadAdded(signal: AbortSignal): AsyncGenerator<LoadedShard> {
    for (const shard of await this.openAdded(signal)) {
      signal.throwIfAborted()
      yield { shard, files: await this.load(shard) }
    }
  }

  /** Brings what was added into the shards; of a file the newest state is what counts, and then the newest verification. Safe to repeat. */
  async merge(signal: AbortSignal): Promise<void> {
    await this.saveAll(this.#loadAdded(signal))
    this.forgetAdded()
  }

  /** Numbers of what was added, in their order. */
  #added(): number[] {
    const names = existsSync(this.folder) ? readdirSync(this.folder) : []
    return names
      .flatMap((name) => /^added-([0-9]{1,12})\.ndjson$/.exec(name)?.[1] ?? [])
      .map(Number)
      .toSorted((a, b) => a - b)
  }

  #bytesOf(files: readonly string[]): number {
    return files.reduce((sum, file) => sum + (statSync(join(this.folder, file), { throwIfNoEntry: false })?.size ?? 0), 0)
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

const ADDING = 'added.new'
const addedFile = (number: number) => `added-${number}.ndjson`
const fileOf = (shard: number) => `${String(shard).padStart(3, '0')}.ndjson`
const keyOf = ({ path }: CoveredFile) => path.toString('latin1')

/** FNV-1a: spreads well what differs in few bytes. */
function shardOfPath(path: Buffer): number {
  let hash = 0x811c9dc5
  for (const byte of path) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return ((hash ^ (hash >>> 16)) >>> 0) % SHARDS
}

/** Beside others: a disk flushes many files in little more time than one. */
async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
