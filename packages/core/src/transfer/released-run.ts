import type { MapNode } from '../backupmap/backupmap-types.js'
import { LustrebackupError } from '../errors/errors.js'
import type { Log } from '../log/log-types.js'
import type { Fid } from '../types/fid.js'
import { percentEncode } from '../types/path-bytes.js'
import { MAX_OWED, type Owed, RELEASED_REASON } from './owed-types.js'
import { type EntryParts, readEntries } from './transfer-source.js'

interface ReleasedContext {
  readonly log: Log
  readonly signal: AbortSignal
}

/** Files whose content is wanted, by the map or because the target lost it (`lost`), and which only the HSM archive has. Each is named and owed. */
export async function collectReleased(sources: readonly EntryParts[], lost: ReadonlySet<Fid>, context: ReleasedContext): Promise<Owed[]> {
  const owed: Owed[] = []
  const collect = (entries: readonly MapNode[], isWanted: (node: MapNode) => boolean) => {
    context.signal.throwIfAborted()
    for (const node of entries) if (node.released && isWanted(node)) owe(owed, node, context.log)
  }
  for await (const entries of readEntries(sources, 'data')) collect(entries, () => true)
  if (lost.size === 0) return owed
  for await (const entries of readEntries(sources, 'attr')) collect(entries, ({ fid }) => lost.has(fid))
  return owed
}

function owe(owed: Owed[], { fid, path }: MapNode, log: Log): void {
  log.error('a file could not be transferred', { path: percentEncode(path), fid, reason: RELEASED_REASON })
  owed.push({ fid, path, reason: RELEASED_REASON })
  if (owed.length <= MAX_OWED) return
  throw new LustrebackupError(
    'TOO_MANY_RELEASED',
    `transferring data: the data of more than ${MAX_OWED} files are in the HSM archive only`,
    {
      hint: 'The log names them. Restore them on the source (lfs hsm_restore), make a snapshot and a full map (lustrebackup_source_map --full), then run the backup again.',
    },
  )
}
