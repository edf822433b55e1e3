import type { MapPart, PartEntries, PartKind } from '../backupmap/backupmap-types.js'
import { readPart } from '../backupmap/map-reader.js'
import type { OpenMap } from '../namespace/namespace-types.js'
import { FolderTable } from './folder-table.js'
import { CHANGE_KINDS, type ChangeKind, type MapChanges } from './report-types.js'

/** Folders that are kept in memory, and of these in the report. */
const FOLDERS_IN_MEMORY = 8192
const FOLDERS_IN_REPORT = 50
/** A report is worth a minute, not an hour: of a map with more entries than this, it says how many were looked at. */
const ENTRIES_MAX = 5_000_000

interface Change {
  readonly kind: ChangeKind
  readonly path: Buffer
  readonly bytes: bigint
  /** 0 for what is counted as an entry elsewhere. */
  readonly entryCount?: 0
}

type ChangeOf = { readonly [K in PartKind]?: (entry: PartEntries[K]) => Change | null }

const INCREMENTAL: ChangeOf = {
  mkdir: ({ created, path }) => (created ? { kind: 'created', path, bytes: 0n } : null),
  data: ({ created, path, size }) => ({ kind: created ? 'created' : 'data', path, bytes: size }),
  attr: ({ path }) => ({ kind: 'attributes', path, bytes: 0n }),
  move: ({ to }) => ({ kind: 'moved', path: to, bytes: 0n }),
  link: ({ path }) => ({ kind: 'linked', path, bytes: 0n }),
  remove: ({ path }) => ({ kind: 'removed', path, bytes: 0n }),
}

/** A file with several links is an entry at each of them; its bytes are those of the group, once. */
const FULL: ChangeOf = {
  compare: (entry) =>
    entry.kind === 'entry' ? { kind: 'present', path: entry.node.path, bytes: entry.node.nlink === 1 ? entry.node.size : 0n } : null,
  hardlink: ({ path, size }) => ({ kind: 'present', path, bytes: size, entryCount: 0 }),
}

/** Sums up what a map says happened, by kind and by folder. Memory does not grow with the map. */
export async function countChanges({ folder, header }: OpenMap, signal: AbortSignal, entriesMax = ENTRIES_MAX): Promise<MapChanges> {
  const table = new FolderTable(FOLDERS_IN_MEMORY)
  const kinds = Object.fromEntries(CHANGE_KINDS.map((kind) => [kind, { entryCount: 0, bytes: 0n }])) as Record<ChangeKind, Mutable>
  const changeOf = header.kind === 'full' ? FULL : INCREMENTAL
  const parts = header.parts.filter(({ kind }) => changeOf[kind] !== undefined)
  let counted = 0
  for (const part of parts) {
    if (counted >= entriesMax) break
    const toChange = changeOf[part.kind] as (entry: PartEntries[PartKind]) => Change | null
    for await (const entries of readPart(folder, part as MapPart & { kind: PartKind })) {
      signal.throwIfAborted()
      for (const entry of entries) {
        const change = toChange(entry)
        if (change === null) continue
        const { kind, path, bytes, entryCount = 1 } = change
        kinds[kind].entryCount += entryCount
        kinds[kind].bytes += bytes
        table.add(path, bytes, entryCount)
      }
      counted += entries.length
      if (counted >= entriesMax) break
    }
  }
  return {
    kinds,
    folders: table.biggest(FOLDERS_IN_REPORT),
    foldersApproximate: table.isApproximate,
    countedEntries: counted,
    entryCount: parts.reduce((sum, part) => sum + part.entryCount, 0),
  }
}

interface Mutable {
  entryCount: number
  bytes: bigint
}
