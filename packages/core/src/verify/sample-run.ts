import { LustrebackupError } from '../errors/errors.js'
import { makeMetaFolders } from '../state/durable.js'
import { loadTargetBackup } from '../target/target-state.js'
import type { TargetBackup } from '../target/target-types.js'
import { whileOpening } from '../workers/while-opening.js'
import { CoverageStore, SHARDS } from './coverage-store.js'
import { differenceDocument } from './describe-target.js'
import type { VerifyDifference } from './difference-types.js'
import { KnownTotals } from './known-totals.js'
import { saveSample } from './last-sample.js'
import { plainJson } from './parse-verification.js'
import { runsToCover, type SampleAmount, sampleBudget } from './sample-plan.js'
import { Sampler } from './sampler.js'
import { openVerifiedTree, type VerifiedTree } from './target-tree.js'
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

/**
 * Reads the files whose content was verified the longest ago, in the newest state that the target holds, and compares them with the checksums
 * that the source gave when they were verified. Asks the source for nothing. The caller holds the lock of verifications.
 */
export async function runSample(amount: SampleAmount, ports: TargetVerifyPorts): Promise<SampleResult> {
  const { layout } = ports
  makeMetaFolders(layout)
  const last = loadTargetBackup(layout, 'last_backup')
  if (last === null) throw nothingKnown()
  const begun = ports.elapsedSeconds()
  markVerifying(layout, last.timestamp)
  try {
    const { fsname, snapshotName, timestamp } = last
    const store = new CoverageStore(layout)
    const opening = openVerifiedTree({ fsname, snapshotName, timestamp, target: null }, ports)
    const looking = store.openAdded(ports.signal).then(() => look(store, ports.signal))
    const [tree, before] = await whileOpening(opening, looking, (opened) => opened.close())
    const budget = sampleBudget(amount, before.ages.total)
    const sampler = new Sampler(tree.path, tree.timestamp, store, before.ages.choose(budget), ports)
    try {
      await sampler.readAll()
    } finally {
      await sampler.close()
      await tree.close()
    }
    return keepSample({ last, tree, sampler, budget, begun }, ports)
  } finally {
    unmarkVerifying(layout)
  }
}

interface EndedSample {
  readonly last: TargetBackup
  readonly tree: VerifiedTree
  readonly sampler: Sampler
  readonly budget: bigint
  readonly begun: number
}

function keepSample({ last, tree, sampler, budget, begun }: EndedSample, ports: TargetVerifyPorts): SampleResult {
  const { known } = sampler
  const result: SampleResult = {
    timestamp: last.timestamp,
    target: { snapshotName: tree.snapshotName, path: tree.path, timestamp: last.timestamp },
    ...sampler.counts,
    differences: sampler.differences,
    known: { files: known.files, bytes: known.bytes, oldest: known.oldest },
    treeBytes: last.treeBytes,
    runsToCover: runsToCover(known.ages.total, budget),
    seconds: ports.elapsedSeconds() - begun,
  }
  const record = { ...result, finishedAt: ports.nowSeconds(), differences: result.differences.map(differenceDocument) }
  saveSample(ports.layout, plainJson(record))
  return result
}

function nothingKnown(): LustrebackupError {
  return new LustrebackupError('COVERAGE_EMPTY', 'a sample has nothing to compare with: no content has been verified on this target', {
    hint: 'First verify a backup: lustrebackup_source_verify on the source, then lustrebackup_target_verify here.',
  })
}

/** All that is known. */
async function look(store: CoverageStore, signal: AbortSignal): Promise<KnownTotals> {
  const totals = new KnownTotals()
  for (let shard = 0; shard < SHARDS; shard += 1) {
    signal.throwIfAborted()
    totals.add((await store.load(shard)).values())
  }
  if (totals.files === 0) throw nothingKnown()
  return totals
}
