import type { Migrations } from '../changelog/migrations.js'
import { type TouchedRoom, TouchedSet } from '../changelog/touched-set.js'
import { Touched } from '../changelog/touched-types.js'
import type { Fid } from '../types/fid.js'
import type { MapHeader } from './backupmap-types.js'
import { wordsOf } from './identities.js'
import { partsOf, readPart } from './map-reader.js'
import { OpenerSet } from './opener-set.js'

/** What the interval before left to be looked at, whether or not the log says anything of it. */
export interface PreviousSets {
  readonly touched: TouchedSet
  readonly openers: OpenerSet
}

/** Reads the recheck set, what was unreachable and the open writers from the map of the base, and takes over what the target is owed. */
export async function loadPreviousSets(
  base: { readonly folder: string; readonly header: MapHeader } | null,
  owed: readonly Fid[],
  migrations: Migrations,
  room: TouchedRoom,
): Promise<PreviousSets> {
  const touched = new TouchedSet(room)
  const openers = new OpenerSet(migrations)
  const touch = (fid: Fid, bits: number) => {
    const words = wordsOf(fid)
    migrations.toNewest(words, 0)
    touched.add(words, 0, bits)
  }
  for (const fid of owed) touch(fid, Touched.owed | Touched.meta)
  if (base === null) return { touched, openers }
  for (const kind of ['recheck', 'unreachable'] as const) {
    for (const part of partsOf(base.header, kind)) {
      for await (const batch of readPart(base.folder, { ...part, kind })) {
        for (const { fid } of batch) touch(fid, Touched.recheck)
        touched.spillIfFull()
      }
    }
  }
  for (const part of partsOf(base.header, 'opener')) {
    for await (const batch of readPart(base.folder, { ...part, kind: 'opener' })) for (const entry of batch) openers.addPrevious(entry)
  }
  return { touched, openers }
}
