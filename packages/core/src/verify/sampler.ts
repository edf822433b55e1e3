import { type Checksum, DIGEST_BYTES } from '../filediff/filediff-types.js'
import type { Tree } from '../tree/tree-port.js'
import { InFlight } from '../workers/in-flight.js'
import { stopFlagOf } from '../workers/stop-flag.js'
import type { ContentReader } from './content-port.js'
import { type CoverageStore, SHARDS } from './coverage-store.js'
import type { CoveredFile } from './coverage-types.js'
import { differenceDocument } from './describe-target.js'
import type { VerifyDifference } from './difference-types.js'
import { KnownTotals } from './known-totals.js'
import type { SampleChoice } from './sample-plan.js'
import type { TargetVerifyPorts } from './target-verify-types.js'

/** Differences that are kept in memory and in the record; the log names every one. */
const KEPT = 1000

/** A shard, and what of it is read. */
interface TakenShard {
  readonly shard: number
  readonly files: Map<string, CoveredFile>
  readonly taken: readonly (readonly [string, CoveredFile])[]
}

interface TakenFile {
  readonly key: string
  readonly file: CoveredFile
  /** The files of its shard. */
  readonly known: Map<string, CoveredFile>
}

/** Groups of shards under way: while one is written, another one is read. */
const GROUPS = 2
const GROUP_FILES = 16_384
const GROUP_BYTES = 4n * 2n ** 30n

/** Shards that are read together: as many as fit into memory, and as are not too much to lose when a sample is interrupted. */
class ShardGroup {
  readonly shards: TakenShard[] = []
  #files = 0
  #bytes = 0n

  add(shard: TakenShard): void {
    this.shards.push(shard)
    this.#files += shard.files.size
    for (const [, { size }] of shard.taken) this.#bytes += size
  }

  get isFull(): boolean {
    return this.#files >= GROUP_FILES || this.#bytes >= GROUP_BYTES
  }
}

/** Works through the shards; each is saved when it is done. */
export class Sampler {
  readonly known = new KnownTotals()
  readonly counts = { files: 0, bytes: 0n, changedFiles: 0, goneFiles: 0 }
  readonly differences: VerifyDifference[] = []
  readonly #tree: Tree
  readonly #stop: ReturnType<typeof stopFlagOf>
  readonly #readers = new Map<Checksum, ContentReader>()

  constructor(
    private readonly root: string,
    private readonly state: number,
    private readonly store: CoverageStore,
    private readonly choice: SampleChoice,
    private readonly ports: TargetVerifyPorts,
  ) {
    this.#tree = ports.openTree(root)
    this.#stop = stopFlagOf(ports.signal)
  }

  /** Works through all shards; small ones are read together, so that every thread has something to do. */
  async readAll(): Promise<void> {
    let group = new ShardGroup()
    await InFlight.run(GROUPS, async (work) => {
      for (let shard = 0; shard < SHARDS; shard += 1) {
        this.ports.signal.throwIfAborted()
        const files = await this.store.load(shard)
        const taken = [...files].filter(([, { verifiedAt, size }]) => this.choice.takes(verifiedAt, size))
        if (taken.length > 0 || this.store.hasAdded(shard)) group.add({ shard, files, taken })
        else this.known.add(files.values())
        if (!group.isFull && shard < SHARDS - 1) continue
        const { shards } = group
        group = new ShardGroup()
        await work.start(() => this.#readGroup(shards))
        this.ports.progress({ doneTasks: shard + 1, taskCount: SHARDS, bytes: this.counts.bytes })
      }
    })
    this.store.forgetAdded()
  }

  async close(): Promise<void> {
    this.#tree.close()
    await Promise.all([...this.#readers.values()].map((reader) => reader.close()))
  }

  async #readGroup(group: readonly TakenShard[]): Promise<void> {
    const taken = group.flatMap(({ files, taken }) => taken.map(([key, file]): TakenFile => ({ key, file, known: files })))
    const stats = await this.#tree.lstat(taken.map(({ file }) => file.path))
    const unchanged = taken.filter(({ key, file, known }, row) => {
      const stat = stats[row] ?? null
      if (stat?.type === 'f' && stat.size === file.size && stat.mtimeNs === file.mtimeNs) return true
      this.counts[stat === null ? 'goneFiles' : 'changedFiles'] += 1
      known.delete(key)
      return false
    })
    for (const checksum of new Set(unchanged.map(({ file }) => checksumOf(file)))) {
      const same = unchanged.filter(({ file }) => checksumOf(file) === checksum)
      await this.#readFiles(same, this.#readerOf(checksum))
    }
    for (const { files } of group) this.known.add(files.values())
    await this.store.saveAll(group)
  }

  async #readFiles(taken: readonly TakenFile[], reader: ContentReader): Promise<void> {
    const outcomes = await reader.digest(taken.map(({ file }) => file))
    for (const [row, { key, file, known }] of taken.entries()) {
      const outcome = outcomes[row]!
      if (outcome.kind === 'digest') {
        this.counts.files += 1
        this.counts.bytes += file.size
      }
      if (outcome.kind === 'digest' && file.checksum.equals(outcome.digest))
        known.set(key, { ...file, state: this.state, verifiedAt: this.ports.nowSeconds() })
      else if (outcome.kind === 'digest')
        this.#differs(file, 'content', file.checksum.toString('hex'), Buffer.from(outcome.digest).toString('hex'))
      else this.#differs(file, 'unreadable', 'readable', outcome.kind === 'failed' ? outcome.reason : `a size of ${outcome.size}`)
    }
  }

  #differs({ path }: CoveredFile, aspect: VerifyDifference['aspect'], expected: string, found: string): void {
    const difference = { path, aspect, expected, found }
    this.ports.log.info('a sampled file differs', differenceDocument(difference) as Record<string, unknown>)
    if (this.differences.length < KEPT) this.differences.push(difference)
  }

  #readerOf(checksum: Checksum): ContentReader {
    const reader = this.#readers.get(checksum) ?? this.ports.pools.content({ root: this.root, checksum, stop: this.#stop })
    this.#readers.set(checksum, reader)
    return reader
  }
}

/** No two of the hashes have digests of the same length. */
function checksumOf({ checksum }: CoveredFile): Checksum {
  return (Object.keys(DIGEST_BYTES) as Checksum[]).find((name) => DIGEST_BYTES[name] === checksum.length) ?? 'xxh128'
}
