import type { DataEntry } from '../backupmap/backupmap-types.js'
import { PartWriter } from '../backupmap/part-writer.js'
import type { Config } from '../config/config-types.js'
import { LustrebackupError } from '../errors/errors.js'
import { makeEmpty } from '../state/durable.js'
import type { EntryStat, Tree } from '../tree/tree-port.js'
import { percentEncode } from '../types/path-bytes.js'
import { isLargeFile } from './large-files-plan.js'
import { forgetDone, type ListContext, type ListsResult, runLists } from './list-run.js'
import { ListWriter } from './list-writer.js'
import { MAX_OWED, type Owed } from './owed-types.js'
import { addStats, reasonFor } from './parse-rsync.js'
import { missingProof } from './proof-plan.js'
import { type EntryParts, readEntries, readTransferable } from './transfer-source.js'
import type { RsyncStats, TransferList } from './transfer-types.js'

export interface DataContext extends ListContext {
  readonly data: Tree
  /** Where lists of what failed are made; emptied first. */
  readonly retryFolder: string
  readonly maxErrors: Config['backup']['maxErrors']
  /** Objects on the lists that no entry names. */
  readonly repairCount: number
  /** From this size on a file is none of ours. */
  readonly largefileSizeBytes: bigint
}

export interface DataResult {
  readonly stats: RsyncStats
  readonly owed: readonly Owed[]
  /** Not everything came at once: what is on the lists without an entry may be incomplete. */
  readonly partial: boolean
}

/**
 * Transfers content. What a list could not bring is tried once more by itself; what fails again is owed.
 * Which objects these are is read from the target, not from what rsync says.
 */
export async function runData(sources: readonly EntryParts[], lists: readonly TransferList[], context: DataContext): Promise<DataResult> {
  const first = await runLists('data', lists, context)
  if (!first.partial) return { stats: first.stats, owed: [], partial: false }
  makeEmpty(context.retryFolder)
  const failed = await collectUnproven(sources, first.reasons, context)
  const retryLists = await listsOf(failed, context)
  const second = await runLists('data', retryLists, context)
  const owed = await collectOwed(failed, second.reasons, context)
  const totalCount = lists.reduce((sum, list) => sum + list.pathCount, 0)
  assertWithinBudget(owed, totalCount, context.maxErrors)
  const isExplained = owed.length > 0 || (failed.parts.length === 0 ? context.repairCount > 0 : !second.partial)
  if (!isExplained) throw unexplained([...lists, ...retryLists], context)
  return { stats: addStats(first.stats, second.stats), owed, partial: true }
}

/** rsync failed, and nothing shows for what. The lists are transferred again by the next run: what they lack may only be known by then. */
function unexplained(lists: readonly TransferList[], { settings }: DataContext): LustrebackupError {
  for (const { file } of lists) forgetDone(file)
  return new LustrebackupError('RSYNC_FAILED', `transferring data from ${settings.host}: rsync failed for files that it did not name`, {
    hint: 'The log holds what it said. Remove the cause, then run the same command again: it continues where it stopped.',
  })
}

/** What is not proved to have arrived, in a map part of its own: there may be much of it. */
async function collectUnproven(sources: readonly EntryParts[], reasons: ListsResult['reasons'], context: DataContext): Promise<EntryParts> {
  const writer = new PartWriter(context.retryFolder, 'failed')
  for await (const entries of readTransferable(sources)) {
    context.signal.throwIfAborted()
    const stats = await context.data.lstat(entries.flatMap((entry) => [entry.path, ...entry.links]))
    let at = 0
    for (const entry of entries) {
      const end = at + 1 + entry.links.length
      const ours = !isLargeFile(entry, context.largefileSizeBytes)
      if (ours && whyFailed(entry, stats.slice(at, end), reasons, context) !== null) writer.write('data', entry)
      at = end
    }
  }
  return { folder: context.retryFolder, parts: writer.finish() }
}

async function listsOf(failed: EntryParts, context: DataContext): Promise<TransferList[]> {
  const limits = { openLists: context.nprocs, maxPaths: 1000, maxBytes: 2n ** 62n }
  const writer = new ListWriter(context.retryFolder, 'retry', limits)
  for await (const entries of readEntries([failed], 'data')) {
    for (const entry of entries) writer.add([entry.path, ...entry.links], entry.size)
  }
  return writer.finish()
}

async function collectOwed(failed: EntryParts, reasons: ListsResult['reasons'], context: DataContext): Promise<Owed[]> {
  const owed: Owed[] = []
  for await (const entries of readEntries([failed], 'data')) {
    for (const entry of entries) {
      const reason = whyFailed(entry, await context.data.lstat([entry.path, ...entry.links]), reasons, context)
      if (reason === null) continue
      context.log.error('a file could not be transferred', { path: percentEncode(entry.path), fid: entry.fid, reason })
      owed.push({ fid: entry.fid, path: entry.path, reason })
      if (owed.length > MAX_OWED) throw tooManyErrors(owed, `more than ${MAX_OWED}`)
    }
  }
  return owed
}

/** What rsync said of an object says more than what is missing; an object of which it said nothing may be incomplete all the same. */
function whyFailed(entry: DataEntry, stats: readonly (EntryStat | null)[], reasons: ListsResult['reasons'], { settings }: DataContext) {
  return reasonFor(reasons, settings, [entry.path, ...entry.links]) ?? missingProof(entry, stats)
}

/** Too many failures are no accident any more. `total`: how many files were to be transferred. */
export function assertWithinBudget(owed: readonly Owed[], total: number, maxErrors: Config['backup']['maxErrors']): void {
  if (maxErrors === null) return
  const allowed = 'count' in maxErrors ? maxErrors.count : Math.floor((total * maxErrors.percent) / 100)
  if (owed.length > allowed) throw tooManyErrors(owed, `${owed.length} of ${total}, where [BACKUP] max_errors allows ${allowed}`)
}

function tooManyErrors(owed: readonly Owed[], how: string): LustrebackupError {
  const examples = owed.slice(0, 3).map(({ path, reason }) => `${percentEncode(path)} (${reason})`)
  return new LustrebackupError('TOO_MANY_ERRORS', `transferring data: too many files failed, ${how}; for example ${examples.join(', ')}`, {
    hint: 'Remove the cause; the log names every file. Then run the same command again: it continues where it stopped.',
  })
}
