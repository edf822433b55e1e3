import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { MapPart } from '../backupmap/backupmap-types.js'
import { readPart } from '../backupmap/map-reader.js'
import { crashPoint } from '../crash/crash-point.js'
import type { MetaLayout } from '../state/meta-layout.js'
import type { Fid } from '../types/fid.js'

export function keptFolderOf(layout: MetaLayout): string {
  return join(layout.basepath, 'filediff')
}

/** The kept block digests of one file. It is named after the FID, which stays when the file moves. */
export function keptFileOf(folder: string, fid: Fid): string {
  return join(folder, `${fid.replace(/[[\]]/g, '')}.digests`)
}

/** Parts that name objects which S1 has. */
const LIVING_PARTS = ['move', 'place', 'link', 'data', 'attr', 'hardlink'] as const

interface OpenedMap {
  readonly folder: string
  readonly parts: readonly MapPart[]
}

/** Removes the digests of files that are gone from the source. A name that is removed need not have been the last one. */
export async function pruneKept(folder: string, map: OpenedMap): Promise<void> {
  const kept = new Set(listFolder(folder))
  const gone = new Set<string>()
  if (kept.size === 0) return
  for await (const fid of fidsOf(map, 'remove')) if (kept.has(keptFileOf(folder, fid))) gone.add(keptFileOf(folder, fid))
  for (const kind of LIVING_PARTS) {
    if (gone.size === 0) return
    for await (const fid of fidsOf(map, kind)) gone.delete(keptFileOf(folder, fid))
  }
  for (const file of gone) rmSync(file, { force: true })
  crashPoint('kept.removed')
}

async function* fidsOf({ folder, parts }: OpenedMap, kind: (typeof LIVING_PARTS)[number] | 'remove'): AsyncGenerator<Fid> {
  for (const part of parts) {
    if (part.kind !== kind) continue
    for await (const entries of readPart(folder, part as MapPart & { kind: typeof kind })) for (const { fid } of entries) yield fid
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
