import type { DataEntry, MapPart, PartEntries } from '../backupmap/backupmap-types.js'
import { readPart } from '../backupmap/map-reader.js'

/** Entries to transfer: parts of the map, of what a comparison found, or of what failed. All have the same shape. */
export interface EntryParts {
  readonly folder: string
  readonly parts: readonly MapPart[]
}

/** All entries of a kind in batches. */
export async function* readEntries<K extends 'data' | 'attr' | 'hardlink'>(
  sources: readonly EntryParts[],
  kind: K,
): AsyncGenerator<PartEntries[K][]> {
  for (const { folder, parts } of sources) {
    for (const part of parts) if (part.kind === kind) yield* readPart(folder, part as MapPart & { kind: K })
  }
}

/** The entries whose content can be transferred: whoever opens a released file waits until its data are back, or for ever. */
export async function* readTransferable(sources: readonly EntryParts[]): AsyncGenerator<DataEntry[]> {
  for await (const entries of readEntries(sources, 'data')) yield entries.filter((entry) => !entry.released)
}
