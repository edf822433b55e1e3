import { existsSync, rmSync } from 'node:fs'
import { runAttributes } from '../attributes/attributes-run.js'
import { crashPoint } from '../crash/crash-point.js'
import { runMirror } from '../mirror/mirror-run.js'
import type { Repair } from '../namespace/drift-types.js'
import { runIn } from '../namespace/in-run.js'
import { runOut } from '../namespace/out-run.js'
import { closeStaging, openStaging } from '../namespace/staging-run.js'
import { makeEmpty } from '../state/durable.js'
import { runAttributeLists } from '../transfer/attributes-lists-run.js'
import { assertWithinBudget, runData } from '../transfer/data-run.js'
import { ListWriter } from '../transfer/list-writer.js'
import type { Owed } from '../transfer/owed-types.js'
import { prepareTransfer } from '../transfer/prepare-run.js'
import { collectReleased } from '../transfer/released-run.js'
import type { TransferList } from '../transfer/transfer-types.js'
import type { Tree } from '../tree/tree-port.js'
import { type BackupSession, listContext, type PhaseResult, transferSources } from './backup-session.js'
import { compare, loadCompared } from './compare-phase.js'
import { copyLargeFiles } from './large-files-phase.js'
import { snapshotTarget } from './snapshot-target-run.js'
import type { Phase } from './target-types.js'
import { loadMirrored, loadPrepared, saveMirrored, savePrepared } from './transfer-state.js'
import { collectUnreachable } from './unreachable-run.js'

/** What each phase does. All but `namespace-out` and `namespace-in` may be begun again at any time; those two say themselves how often. */
export const PHASES: Readonly<Record<Exclude<Phase, 'fetch' | 'done'>, (session: BackupSession) => Promise<PhaseResult>>> = {
  'namespace-out': namespaceOut,
  'namespace-in': namespaceIn,
  mirror,
  prepare,
  data: transferData,
  compare,
  attributes,
  snapshot: async ({ map, ports, resumed }) => {
    await snapshotTarget(map.header, resumed, ports)
    return {}
  },
}

async function namespaceOut({ map, data, drift, work, ports, staying }: BackupSession): Promise<PhaseResult> {
  const staging = await openStaging(work.staging, data, ports.openTree)
  try {
    await runOut(map, { data, staging, staying: await staying(), drift, signal: ports.signal })
  } finally {
    staging.close()
  }
  return {}
}

async function namespaceIn({ map, data, drift, work, ports, staying, resumed }: BackupSession): Promise<PhaseResult> {
  const staging = await openStaging(work.staging, data, ports.openTree)
  try {
    await runIn(map, { data, staging, staying: await staying(), drift, signal: ports.signal, resumed })
  } catch (error) {
    staging.close()
    throw error
  }
  await closeStaging(staging)
  return {}
}

async function mirror({ map, data, work, ports, record }: BackupSession): Promise<PhaseResult> {
  makeEmpty(work.mirror)
  const { startedFrom } = record
  const owed = new Set(record.owed.map(({ fid }) => fid))
  const base = { isBase: startedFrom === 'base', hasBackup: startedFrom !== 'unknown', owed }
  const result = await runMirror(map, { data, base, log: ports.log, signal: ports.signal, folder: work.mirror })
  saveMirrored(work.mirrored, { parts: result.parts.parts, removedCount: result.removedCount })
  return { totals: { ...record.totals, removedCount: record.totals.removedCount + result.removedCount } }
}

async function prepare(session: BackupSession): Promise<PhaseResult> {
  const { data, drift, work, ports } = session
  makeEmpty(work.lists)
  rmSync(work.largeDone, { force: true })
  crashPoint('transfer.cleared')
  const { largefileSizeBytes } = session.map.header.settings
  const context = { data, drift, signal: ports.signal, nprocs: ports.config.system.nprocs, folder: work.lists, largefileSizeBytes }
  savePrepared(work.prepared, await prepareTransfer(sourcesOf(session), context))
  return {}
}

async function transferData(session: BackupSession): Promise<PhaseResult> {
  const { data, drift, work, ports, record } = session
  const { data: lists, hasLarge, hasReleased } = loadPrepared(work.prepared)
  const { maxErrors } = ports.config.backup
  const { largefileSizeBytes } = session.map.header.settings
  const context = {
    ...listContext(session, 'data', lists),
    data,
    retryFolder: work.retry,
    maxErrors,
    largefileSizeBytes,
    repairCount: drift.repairs.length,
  }
  const { stats, owed, partial } = await runData(sourcesOf(session), lists, context)
  const large = await copyLargeFiles(hasLarge ? sourcesOf(session) : [], session)
  assertWithinBudget([...owed, ...large.owed], lists.reduce((sum, list) => sum + list.pathCount, 0) + large.totalCount, maxErrors)
  const released = await collectReleased(hasReleased ? sourcesOf(session) : [], new Set(drift.repairs.map(({ fid }) => fid)), ports)
  const named = [...owed, ...large.owed, ...released]
  return {
    owed: [...named, ...(await lostRepairs(drift.repairs, named, partial, data))],
    totals: {
      ...record.totals,
      fileCount: stats.fileCount + large.fileCount,
      contentBytes: stats.totalBytes + large.contentBytes,
      receivedBytes: stats.receivedBytes + large.dataBytes,
    },
  }
}

/**
 * What had to be transferred again and is not named by any entry that is checked later. Nothing proves the content of these, so that one failure
 * (`partial`) puts all of them in doubt.
 */
async function lostRepairs(repairs: readonly Repair[], known: readonly Owed[], partial: boolean, data: Tree): Promise<Owed[]> {
  const owed = new Set(known.map(({ fid }) => fid))
  const others = repairs.filter(({ fid, type }) => type !== 'd' && !owed.has(fid))
  const stats = await data.lstat(others.map((repair) => repair.path))
  const lost = others.filter(({ type }, index) => stats[index]?.type !== type || (partial && type === 'f'))
  return lost.map(({ fid, path }) => ({ fid, path, reason: 'it was missing on the target and could not be transferred' }))
}

/** Directories that the target lost, with what was in them: the next map has to walk them. */
function lostDirectories(repairs: readonly Repair[], known: readonly Owed[]): Owed[] {
  const owed = new Set(known.map(({ fid }) => fid))
  const lost = repairs.filter(({ fid, type }) => type === 'd' && !owed.has(fid))
  return lost.map(({ fid, path }) => ({ fid, path, reason: 'it was missing on the target, and what was in it still is' }))
}

async function attributes(session: BackupSession): Promise<PhaseResult> {
  const { data, drift, work, ports, record } = session
  const prepared = loadPrepared(work.prepared)
  const compared = loadCompared(session)
  const sources = compared === null ? sourcesOf(session) : [...sourcesOf(session), compared.source]
  const lists = [...prepared.attributes, ...(compared?.lists.attributes ?? [])]
  const root = prepared.root || compared?.lists.root === true ? rootList(work.lists) : null
  const listed = await runAttributeLists(sources, lists, root, listContext(session, 'attributes', lists))
  const checked = await runAttributes(sources, {
    data,
    log: ports.log,
    signal: ports.signal,
    owed: [...record.owed, ...listed.owed],
    drifts: drift.drifts,
  })
  const lost = lostDirectories(drift.repairs, checked.owed)
  const owed = [...checked.owed, ...lost, ...(await collectUnreachable(session, [...checked.owed, ...lost], ports.log))]
  const owedPaths = new Set(owed.map(({ path }) => path.toString('latin1')))
  const totals = {
    ...record.totals,
    receivedBytes: record.totals.receivedBytes + listed.stats.receivedBytes,
    entries: { done: checked.doneCount, repaired: checked.repairedCount, owed: checked.owedCount },
    driftCount: drift.drifts.length,
    incompleteDirectories:
      record.totals.incompleteDirectories ||
      drift.drifts.some(({ kind, path }) => kind === 'missing-directory' && !owedPaths.has(path.toString('latin1'))),
  }
  return { owed, totals }
}

/** The root alone: naming it among others would list what is in it. */
function rootList(folder: string): TransferList {
  const name = 'root'
  rmSync(`${folder}/${name}-000000.list`, { force: true })
  crashPoint('root-list.removed')
  const writer = new ListWriter(folder, name, { openLists: 1, maxPaths: 1, maxBytes: 1n })
  writer.add([Buffer.alloc(0)], 0n)
  return writer.finish()[0]!
}

function sourcesOf(session: BackupSession) {
  const { mirrored } = session.work
  return transferSources(session, session.map.header.kind === 'full' && existsSync(mirrored) ? loadMirrored(mirrored) : null)
}
