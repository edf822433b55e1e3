import { LustrebackupError } from '../errors/errors.js'
import { type Checksum, DIGEST_BYTES } from '../filediff/filediff-types.js'
import { makeMetaFolders } from '../state/durable.js'
import { loadTargetBackup } from '../target/target-state.js'
import type { Tree } from '../tree/tree-port.js'
import { InFlight } from '../workers/in-flight.js'
import { stopFlagOf } from '../workers/stop-flag.js'
import type { ContentReader } from './content-port.js'
import { CoverageStore, SHARDS } from './coverage-store.js'
import type { CoveredFile } from './coverage-types.js'
import { differenceDocument } from './describe-target.js'
import type { VerifyDifference } from './difference-types.js'
import { saveSample } from './last-sample.js'
import { plainJson } from './parse-verification.js'
import { AgeHistogram, runsToCover, type SampleAmount, type SampleChoice, sampleBudget } from './sample-plan.js'
import { openVerifiedTree } from './target-tree.js'
import type { TargetVerifyPorts, TargetVerifyResult } from './target-verify-types.js'
import { markVerifying, unmarkVerifying } from './target-work.js'

export interface SampleResult {
  /** Of the source; the target's newest backup. */
  readonly timestamp: number
  readonly target: TargetVerifyResult['target']
  /** Read and compared. */
  readonly files: number
  readonly bytes: bigint
  /** Taken for the sample, but changed or gone since they were verified: nothing is known of them any more. */
  readonly changedFiles: number
  readonly goneFiles: number
  readonly differences: readonly VerifyDifference[]
  /** Everything whose content is known, after this run. */
  readonly known: { readonly files: number; readonly bytes: bigint; readonly oldest: number | null }
  /** The whole tree, as the last backup counted it. */
  readonly treeBytes: bigint
  /** Runs of this size that read all of it once. */
  readonly runsToCover: number
  readonly seconds: number
}

/** Differences that are kept in memory and in the record; the log names every one. */
const KEPT = 1000

/**
 * Reads the files whose content was verified the longest ago, in the newest state that the target holds, and compares them with the checksums
 * that the source gave when they were verified. Asks the source for nothing. The caller holds the lock of verifications.
 */
export async function runSample(amount: SampleAmount, ports: TargetVerifyPorts): Promise<SampleResult> {
  const { layout } = ports
  makeMetaFolders(layout)
  const last = loadTargetBackup(layout, 'last_backup')
  const store = new CoverageStore(layout)
  const before = await look(store, ports.signal)
  if (last === null || before.files === 0) throw nothingKnown()
  const begun = ports.elapsedSeconds()
  const budget = sampleBudget(amount, before.ages.total)
  const { fsname, snapshotName, timestamp } = last
  markVerifying(layout, timestamp)
  const tree = await openVerifiedTree({ fsname, snapshotName, timestamp, target: null }, ports)
  const sampler = new Sampler(tree.path, tree.timestamp, store, before.ages.choose(budget), ports)
  try {
    await sampler.readAll()
  } finally {
    await sampler.close()
    await tree.close()
    unmarkVerifying(layout)
  }
  const known = await look(store, ports.signal)
  const result: SampleResult = {
    timestamp,
    target: { snapshotName: tree.snapshotName, path: tree.path, timestamp },
    ...sampler.counts,
    differences: sampler.differences,
    known: { files: known.files, bytes: known.bytes, oldest: known.oldest },
    treeBytes: last.treeBytes,
    runsToCover: runsToCover(known.ages.total, budget),
    seconds: ports.elapsedSeconds() - begun,
  }
  const record = { ...result, finishedAt: ports.nowSeconds(), differences: result.differences.map(differenceDocument) }
  saveSample(layout, plainJson(record))
  return result
}

function nothingKnown(): LustrebackupError {
  return new LustrebackupError('COVERAGE_EMPTY', 'a sample has nothing to compare with: no content has been verified on this target', {
    hint: 'First verify a backup: lustrebackup_source_verify on the source, then lustrebackup_target_verify here.',
  })
}

async function look(store: CoverageStore, signal: AbortSignal) {
  const ages = new AgeHistogram()
  let [files, bytes] = [0, 0n]
  let oldest: number | null = null
  for (let shard = 0; shard < SHARDS; shard += 1) {
    signal.throwIfAborted()
    for (const { verifiedAt, size } of (await store.load(shard)).values()) {
      ages.add(verifiedAt, size)
      files += 1
      bytes += size
      oldest = Math.min(oldest ?? verifiedAt, verifiedAt)
    }
  }
  return { ages, files, bytes, oldest }
}

/** Works through the shards, several at a time; each is saved when it is done. */
class Sampler {
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

  async readAll(): Promise<void> {
    const work = new InFlight(this.ports.config.system.nprocs + 1)
    for (let shard = 0; shard < SHARDS; shard += 1) {
      this.ports.signal.throwIfAborted()
      const files = await this.store.load(shard)
      const taken = [...files].filter(([, { verifiedAt, size }]) => this.choice.takes(verifiedAt, size))
      if (taken.length > 0) await work.start(() => this.#readShard(shard, files, taken))
      this.ports.progress({ doneTasks: shard + 1, taskCount: SHARDS, bytes: this.counts.bytes })
    }
    await work.drain()
    this.store.sync()
  }

  async close(): Promise<void> {
    this.#tree.close()
    await Promise.all([...this.#readers.values()].map((reader) => reader.close()))
  }

  async #readShard(shard: number, files: Map<string, CoveredFile>, taken: readonly (readonly [string, CoveredFile])[]): Promise<void> {
    const stats = await this.#tree.lstat(taken.map(([, { path }]) => path))
    const unchanged = taken.filter(([key, { size, mtimeNs }], row) => {
      const stat = stats[row] ?? null
      if (stat?.type === 'f' && stat.size === size && stat.mtimeNs === mtimeNs) return true
      this.counts[stat === null ? 'goneFiles' : 'changedFiles'] += 1
      files.delete(key)
      return false
    })
    for (const checksum of new Set(unchanged.map(([, file]) => checksumOf(file)))) {
      const same = unchanged.filter(([, file]) => checksumOf(file) === checksum)
      await this.#readFiles(files, same, this.#readerOf(checksum))
    }
    this.store.save(shard, files.values())
  }

  async #readFiles(
    files: Map<string, CoveredFile>,
    taken: readonly (readonly [string, CoveredFile])[],
    reader: ContentReader,
  ): Promise<void> {
    const outcomes = await reader.digest(taken.map(([, file]) => file))
    for (const [row, [key, file]] of taken.entries()) {
      const outcome = outcomes[row]!
      if (outcome.kind === 'digest') {
        this.counts.files += 1
        this.counts.bytes += file.size
      }
      if (outcome.kind === 'digest' && file.checksum.equals(outcome.digest))
        files.set(key, { ...file, state: this.state, verifiedAt: this.ports.nowSeconds() })
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
