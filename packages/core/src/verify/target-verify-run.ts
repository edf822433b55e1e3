import { EXIT, type ExitCode, LustrebackupError } from '../errors/errors.js'
import { makeMetaFolders } from '../state/durable.js'
import { linkedTimestamp } from '../state/state-link.js'
import { whileOpening } from '../workers/while-opening.js'
import { CoverageStore } from './coverage-store.js'
import { fetchVerification } from './fetch-verification.js'
import type { VerifyInit } from './source-offer.js'
import { type Comparing, compareParts } from './target-read-run.js'
import { gatherDifferences, keepResult, owedPaths } from './target-result.js'
import { openVerifiedTree, type VerifiedTree } from './target-tree.js'
import type {
  TargetVerifyEnd,
  TargetVerifyOutcome,
  TargetVerifyPorts,
  TargetVerifyRequest,
  TargetVerifyResult,
} from './target-verify-types.js'
import {
  addCompared,
  beginTargetWork,
  endTargetWork,
  loadTargetRun,
  markVerifying,
  NOTHING_COMPARED,
  type TargetTaskResult,
  type TargetWork,
  unmarkVerifying,
} from './target-work.js'
import type { VerificationHeader } from './verification-types.js'

const ALL_DIFFERENCES = 'all-differences.ndjson'

/**
 * Compares what the target holds with the source's verifications of a range, one after the other, oldest first. The caller holds the lock
 * of verifications; a backup may run meanwhile, unless the tree itself has to be read.
 */
export async function runTargetVerify(request: TargetVerifyRequest, ports: TargetVerifyPorts): Promise<TargetVerifyOutcome> {
  const { layout, source } = ports
  makeMetaFolders(layout)
  const last = linkedTimestamp(layout.link('last_verified'))
  const start = request.start ?? (last === null ? null : last + 1)
  const { verifications, oldest, ...answer } = await source.list(start, request.end)
  if (verifications.length === 0) {
    if (request.start === null && last !== null) return { kind: 'nothing-newer', start: last }
    throw new LustrebackupError('VERIFICATION_MISSING', 'the source has no finished verification in the range', {
      hint: 'Make one on the source: lustrebackup_source_verify. lustrebackup_source_verify_list shows there which there are.',
    })
  }
  const ends: TargetVerifyEnd[] = []
  for (const { timestamp } of verifications) {
    const isListed = oldest !== null && oldest.timestamp === timestamp
    const init = isListed ? { ...answer, verification: oldest } : await source.init(timestamp)
    ends.push(await verifyOne(init, request, ports))
  }
  return { kind: 'compared', ends }
}

/** Differences are more than what could not be compared. */
export function exitCodeOf(outcome: TargetVerifyOutcome): ExitCode {
  if (outcome.kind === 'nothing-newer') return EXIT.done
  if (outcome.ends.some(({ result }) => result.differenceCount > 0)) return EXIT.differences
  return outcome.ends.some(({ result }) => result.unreadableCount > 0) ? EXIT.incomplete : EXIT.done
}

async function verifyOne(init: VerifyInit, request: TargetVerifyRequest, ports: TargetVerifyPorts): Promise<TargetVerifyEnd> {
  const { layout, log } = ports
  const { timestamp, snapshotName } = init.verification
  ports.signal.throwIfAborted()
  const begun = ports.elapsedSeconds()
  const work = beginTargetWork(layout, timestamp, request.resume)
  markVerifying(layout, request.target ?? timestamp)
  const opening = openVerifiedTree({ fsname: init.fsname, snapshotName, timestamp, target: request.target }, ports)
  const [tree, header] = await whileOpening(opening, fetchVerification(init, work, ports), (opened) => opened.close())
  let closing: Promise<void> | null = null
  try {
    const { comparing, resumed } = resume(init.verification.headerDigest, header, work, tree, ports)
    const readSince = ports.elapsedSeconds()
    await compareParts(comparing, request, ports)
    const readSeconds = ports.elapsedSeconds() - readSince
    closing = tree.close()
    const { result, first } = await resultOf(comparing, tree, { begun, readSeconds }, ports)
    await addCoverage(comparing, ports)
    const differenceFile = keepResult(layout, work.foundFolder, ALL_DIFFERENCES, result)
    log.info('verification compared', { snapshot: snapshotName, target: tree.snapshotName, ...result.counts, differences: result.byAspect })
    endTargetWork(layout, timestamp)
    unmarkVerifying(layout)
    return { result, differences: first, differenceFile, resumed }
  } finally {
    await (closing ?? tree.close())
  }
}

function resume(headerDigest: string, header: VerificationHeader, work: TargetWork, tree: VerifiedTree, ports: TargetVerifyPorts) {
  const wanted = { headerDigest, snapshotName: tree.snapshotName }
  const known = loadTargetRun(work, wanted)
  const run = known?.run ?? { ...wanted, startedAt: ports.nowSeconds() }
  const done = known?.done ?? new Map<number, TargetTaskResult>()
  const comparing: Comparing = { header, work, run, done, root: tree.path, state: tree.timestamp }
  return { comparing, resumed: known !== null }
}

/** What was found right is remembered, for samples. */
async function addCoverage({ work, done }: Comparing, { layout, signal }: TargetVerifyPorts): Promise<void> {
  const files = [...done.values()].flatMap(({ coveredFile }) => coveredFile ?? [])
  await new CoverageStore(layout).add(
    files.map((file) => ({ folder: work.foundFolder, file })),
    signal,
  )
}

interface Times {
  readonly begun: number
  readonly readSeconds: number
}

async function resultOf({ header, work, run, done }: Comparing, tree: VerifiedTree, times: Times, ports: TargetVerifyPorts) {
  const results = [...done].toSorted(([a], [b]) => a - b).map(([, result]) => result)
  const files = results.flatMap(({ differenceFile }) => differenceFile ?? [])
  const owed = owedPaths(ports.layout, header.timestamp)
  const { first, ...found } = await gatherDifferences(work.foundFolder, files, ALL_DIFFERENCES, owed)
  const result: TargetVerifyResult = {
    fsname: header.fsname,
    timestamp: header.timestamp,
    start: header.start,
    snapshotName: header.snapshotName,
    whole: header.whole,
    filter: header.filter,
    target: { snapshotName: tree.snapshotName, path: tree.path, timestamp: tree.timestamp },
    counts: results.reduce((sum, { counts }) => addCompared(sum, counts), NOTHING_COMPARED),
    ...found,
    unreadableCount: header.counts.unreadable,
    startedAt: run.startedAt,
    finishedAt: ports.nowSeconds(),
    seconds: ports.elapsedSeconds() - times.begun,
    readSeconds: times.readSeconds,
  }
  return { result, first }
}
