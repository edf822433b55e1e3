import type { Lustreapi } from '@lustrebackup/lustreapi/binding'
import { joinPath } from '../types/path-bytes.js'
import { planEntry } from './entry-plan.js'
import { type Look, lookAt, namesIn } from './look-run.js'
import type { FoundEntry, Overwrite, RestoreFailure, RestoreStep } from './restore-types.js'
import { isStaleScratch } from './scratch-name.js'
import { type Selection, wantedNames } from './selection-plan.js'

/** Entries of a folder that are looked at together. */
const BATCH = 4096

/** Where a restore reads, and what it does with what is in the way. */
export interface LookContext {
  readonly api: Lustreapi
  /** The root of the backup. */
  readonly source: number
  readonly overwrite: Overwrite
}

export interface PlannedEntry extends RestoreStep {
  readonly name: Buffer
  /** What is at its place. */
  readonly there: FoundEntry | null
}

export interface FolderPlan {
  readonly entries: readonly PlannedEntry[]
  readonly failures: readonly RestoreFailure[]
}

/** Looks at a folder of the backup and at its place (null = there is none yet), and decides about every entry that is wanted of it. */
export async function planFolder(context: LookContext, path: Buffer, selection: Selection, place: number | null): Promise<FolderPlan> {
  const { api, source, overwrite } = context
  const names = await sortedNames(api, source, path, selection)
  if (!names.ok) return { entries: [], failures: [{ path, reason: names.error }] }
  const entries: PlannedEntry[] = []
  const failures: RestoreFailure[] = []
  for (let start = 0; start < names.value.length; start += BATCH) {
    const batch = names.value.slice(start, start + BATCH)
    const paths = batch.map((name) => joinPath(path, name))
    const [wanted, there] = await Promise.all([lookAt(api, source, paths), lookInPlace(api, place, batch)])
    for (const [index, name] of batch.entries()) {
      const [here, at] = [wanted[index]!, there[index]!]
      if (!here.ok || !at.ok) failures.push({ path: paths[index]!, reason: here.ok ? (at as { error: string }).error : here.error })
      else if (here.value === null) failures.push({ path: paths[index]!, reason: 'the backup does not have it' })
      else
        entries.push({ path: paths[index]!, name, entry: here.value, there: at.value, action: planEntry(here.value, at.value, overwrite) })
    }
  }
  return { entries, failures }
}

async function sortedNames(api: Lustreapi, source: number, path: Buffer, selection: Selection) {
  const chosen = wantedNames(selection)
  const names = chosen === null ? await namesIn(api, source, path) : { ok: true as const, value: chosen }
  return names.ok ? { ok: true as const, value: names.value.toSorted(Buffer.compare) } : names
}

function lookInPlace(api: Lustreapi, place: number | null, names: readonly Buffer[]): Promise<Look[]> {
  return place === null ? Promise.resolve(names.map(() => ({ ok: true, value: null }))) : lookAt(api, place, names)
}

/** Folders that restores which are over have left in a folder. */
export async function staleScratchIn(api: Lustreapi, folder: number): Promise<Buffer[]> {
  const names = await namesIn(api, folder, Buffer.alloc(0))
  return names.ok ? names.value.filter((name) => isStaleScratch(name)) : []
}
