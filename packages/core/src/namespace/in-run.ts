import type { LinkEntry, MapPart } from '../backupmap/backupmap-types.js'
import { partsOf, readPart } from '../backupmap/map-reader.js'
import { readByDepth } from './depth-parts.js'
import { linkEntries } from './link-run.js'
import { makeDirectories } from './mkdir-run.js'
import type { InContext, OpenMap } from './namespace-types.js'
import { placeRows } from './place-run.js'

/**
 * *in*: makes directories and puts staged objects to their S1 paths, shallowest first, then adds links, when every object is in place.
 * May be repeated after a crash.
 */
export async function runIn(map: OpenMap, context: InContext): Promise<void> {
  for await (const batch of readByDepth(map, ['mkdir', 'place'], 'shallowest-first')) {
    context.signal.throwIfAborted()
    if (batch.kind === 'mkdir') await makeDirectories(batch.entries, context)
    else if (batch.kind === 'place') await placeRows(batch.rows, context)
  }
  for (const part of partsOf(map.header, 'link')) {
    for await (const entries of readPart(map.folder, part as MapPart & { kind: 'link' })) {
      context.signal.throwIfAborted()
      await linkEntries(entries as readonly LinkEntry[], context)
    }
  }
}
