import { existsSync } from 'node:fs'
import { findDifferences } from '../mirror/compare-run.js'
import type { Found } from '../mirror/difference-types.js'
import { repairNames } from '../mirror/repair-run.js'
import { DriftLog } from '../namespace/drift-log.js'
import { makeEmpty, makeFolder } from '../state/durable.js'
import { runData } from '../transfer/data-run.js'
import { listDirectories } from '../transfer/directory-list-run.js'
import type { PreparedLists } from '../transfer/prepare-run.js'
import { prepareTransfer } from '../transfer/prepare-run.js'
import type { EntryParts } from '../transfer/transfer-source.js'
import { type BackupSession, listContext, type PhaseResult } from './backup-session.js'
import { loadFound, saveFound } from './compare-state.js'
import { copyLargeFiles } from './large-files-phase.js'
import { loadPrepared, savePrepared } from './transfer-state.js'
import type { CompareFolder } from './work-folder.js'

/**
 * Compares the slice of the map with the target and puts right what differs, but for attributes: those are set in the next phase.
 * Three steps, each of which leaves a file: look (changes nothing, so that what is reported is whole), names, content.
 */
export async function compare(session: BackupSession): Promise<PhaseResult> {
  const { data, record, work, ports } = session
  if (!session.map.header.parts.some(({ kind }) => kind === 'compare')) return {}
  makeFolder(work.compare.folder)
  const drift = DriftLog.open(work.compare.drift)
  try {
    const found = await find(session)
    const sources = [sourceOf(work.compare, found)]
    const lists = (await prepare(session, sources[0]!, drift)).data
    const { maxErrors } = ports.config.backup
    // A share of the few files that differ would say nothing.
    const budget = maxErrors !== null && 'count' in maxErrors ? maxErrors : null
    const { largefileSizeBytes } = session.map.header.settings
    const context = {
      ...listContext(session, 'compare', lists),
      data,
      retryFolder: work.compare.retry,
      maxErrors: budget,
      largefileSizeBytes,
      repairCount: drift.repairs.length,
    }
    const { stats, owed } = await runData(sources, lists, context)
    const large = await copyLargeFiles(sources, { ...session, work: { ...work, largeDone: work.compare.largeDone } })
    const { totals } = record
    return {
      owed: [...record.owed, ...found.owed, ...owed, ...large.owed],
      totals: {
        ...totals,
        fileCount: totals.fileCount + stats.fileCount + large.fileCount,
        contentBytes: totals.contentBytes + stats.totalBytes + large.contentBytes,
        receivedBytes: totals.receivedBytes + stats.receivedBytes + large.dataBytes,
        comparison: found.counts,
        incompleteDirectories: drift.drifts.some(({ kind }) => kind === 'missing-directory'),
      },
    }
  } finally {
    drift.close()
  }
}

/** What the phase leaves to that of the attributes; null when there was nothing to compare. */
export interface Compared {
  readonly source: EntryParts
  readonly lists: PreparedLists
}

export function loadCompared({ work }: BackupSession): Compared | null {
  if (!existsSync(work.compare.prepared)) return null
  return { source: sourceOf(work.compare, loadFound(work.compare.found)), lists: loadPrepared(work.compare.prepared) }
}

function sourceOf({ parts }: CompareFolder, found: Found): EntryParts {
  return { folder: parts, parts: found.parts }
}

async function find({ map, data, work, ports, record }: BackupSession): Promise<Found> {
  const { compare } = work
  if (existsSync(compare.found)) return loadFound(compare.found)
  for (const folder of [compare.parts, compare.suspects]) makeEmpty(folder)
  const owed = new Set(record.owed.map(({ fid }) => fid))
  const { log, signal } = ports
  const found = await findDifferences(map, { data, owed, log, signal, folder: compare.parts, suspectFolder: compare.suspects })
  saveFound(compare.found, found)
  return found
}

async function prepare({ map, data, work, ports }: BackupSession, source: EntryParts, drift: DriftLog): Promise<PreparedLists> {
  const { compare } = work
  if (existsSync(compare.prepared)) return loadPrepared(compare.prepared)
  makeEmpty(compare.lists)
  const { largefileSizeBytes } = map.header.settings
  const context = { data, drift, signal: ports.signal, nprocs: ports.config.system.nprocs, folder: compare.lists, largefileSizeBytes }
  const disturbed = await repairNames(source, context)
  const lists = await prepareTransfer([source], context)
  const times = await listDirectories(disturbed, 'disturbed', context)
  const prepared = { ...lists, attributes: [...lists.attributes, ...times.lists], root: lists.root || times.root }
  await data.sync()
  savePrepared(compare.prepared, prepared)
  return prepared
}
