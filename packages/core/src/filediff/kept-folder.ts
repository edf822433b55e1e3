import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { MapPart } from '../backupmap/backupmap-types.js'
import { readPart } from '../backupmap/map-reader.js'
import type { MetaLayout } from '../state/meta-layout.js'
import type { Fid } from '../types/fid.js'

export function keptFolderOf(layout: MetaLayout): string {
  return join(layout.basepath, 'filediff')
}

/** The kept block digests of one file. It is named after the FID, which stays when the file moves. */
export function keptFileOf(folder: string, fid: Fid): string {
  return join(folder, `${fid.replace(/[[\]]/g, '')}.digests`)
}

/** Removes the digests of files that are gone from the source. */
export async function pruneKept(folder: string, map: { readonly folder: string; readonly parts: readonly MapPart[] }): Promise<void> {
  const kept = new Set(listFolder(folder))
  if (kept.size === 0) return
  for (const part of map.parts) {
    if (part.kind !== 'remove') continue
    for await (const entries of readPart(map.folder, part as MapPart & { kind: 'remove' })) {
      for (const { fid } of entries) {
        const file = keptFileOf(folder, fid)
        if (kept.has(file)) rmSync(file, { force: true })
      }
    }
  }
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
