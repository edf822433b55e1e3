import { LustrebackupError } from '../errors/errors.js'
import { percentEncode } from '../types/path-bytes.js'
import { forgetDone, type ListContext, runLists } from './list-run.js'
import type { Owed } from './owed-types.js'
import { addStats, reasonFor } from './parse-rsync.js'
import { type EntryParts, readEntries } from './transfer-source.js'
import type { RsyncStats, TransferList } from './transfer-types.js'

/** Lets rsync bring the attributes that only it can bring: extended attributes are not in the map. What it could not set is owed. */
export async function runAttributeLists(
  sources: readonly EntryParts[],
  lists: readonly TransferList[],
  rootList: TransferList | null,
  context: ListContext,
): Promise<{ readonly stats: RsyncStats; readonly owed: readonly Owed[] }> {
  const entries = await runLists('attributes', lists, context)
  const root = await runLists('root', rootList === null ? [] : [rootList], context)
  const stats = addStats(entries.stats, root.stats)
  if (!entries.partial && !root.partial) return { stats, owed: [] }
  const reasons = new Map([...entries.reasons, ...root.reasons])
  const owed = await findOwed(sources, reasons, context)
  if (owed.length > 0) return { stats, owed }
  for (const { file } of [...lists, ...(rootList === null ? [] : [rootList])]) forgetDone(file)
  throw new LustrebackupError(
    'RSYNC_FAILED',
    `transferring attributes from ${context.settings.host}: rsync failed for entries that it did not name`,
    {
      hint: 'The log holds what it said. Run the same command again: it continues where it stopped.',
    },
  )
}

async function findOwed(sources: readonly EntryParts[], reasons: ReadonlyMap<string, string>, context: ListContext): Promise<Owed[]> {
  const owed: Owed[] = []
  for await (const nodes of readEntries(sources, 'attr')) {
    for (const { fid, path } of nodes) {
      const reason = reasonFor(reasons, context.settings, [path])
      if (reason === null) continue
      context.log.error('attributes could not be transferred', { path: percentEncode(path), fid, reason })
      owed.push({ fid, path, reason })
    }
  }
  return owed
}
