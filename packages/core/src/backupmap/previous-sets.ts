import type { Migrations } from '../changelog/migrations.js'
import { TouchedTable } from '../changelog/touched-table.js'
import { Touched } from '../changelog/touched-types.js'
import type { Fid } from '../types/fid.js'
import type { MapHeader } from './backupmap-types.js'
import { wordsOf } from './identities.js'
import { partsOf, readPart } from './map-reader.js'
import { OpenerSet } from './opener-set.js'

/** What the interval before left to be looked at, whether or not the log says anything of it. */
export interface PreviousSets {
  readonly touched: TouchedTable
  readonly openers: OpenerSet
}

/** Reads the recheck set, what was unreachable and the open writers from the map of the base, and takes over what the target is owed. */
export async function loadPreviousSets(
  base: { readonly folder: string; readonly header: MapHeader } | null,
  owed: readonly Fid[],
  migrations: Migrations,
): Promise<PreviousSets> {
  const touched = new TouchedTable()
  const openers = new OpenerSet(migrations)
  const touch = (fid: Fid, bits: number) => {
    const words = wordsOf(fid)
    migrations.toNewest(words, 0)
    touched.add(words, 0, bits)
  }
  for (const fid of owed) touch(fid, Touched.owed | Touched.meta)
  if (base === null) return { touched, openers }
  for (const part of partsOf(base.header, 'recheck')) {
    for await (const batch of readPart(base.folder, { ...part, kind: 'recheck' })) for (const { fid } of batch) touch(fid, Touched.recheck)
  }
  for (const part of partsOf(base.header, 'unreachable')) {
    for await (const batch of readPart(base.folder, { ...part, kind: 'unreachable' }))
      for (const { fid } of batch) touch(fid, Touched.recheck)
  }
  for (const part of partsOf(base.header, 'opener')) {
    for await (const batch of readPart(base.folder, { ...part, kind: 'opener' })) for (const entry of batch) openers.addPrevious(entry)
  }
  return { touched, openers }
}
