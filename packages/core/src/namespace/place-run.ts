import type { PlaceEntry } from '../backupmap/backupmap-types.js'
import { removeAll } from '../tree/remove-run.js'
import { expectOutcomes } from '../tree/tree-failure.js'
import { isUnreachable, UNREACHABLE } from '../tree/tree-port.js'
import type { PathBytes } from '../types/path-bytes.js'
import { makeDirectories } from './mkdir-run.js'
import type { InContext } from './namespace-types.js'
import { makeParents } from './parents-run.js'
import { stagingName } from './staging-plan.js'

const OTHERS = ['EEXIST', ...UNREACHABLE] as const

/** Puts staged objects of one depth to their S1 paths. What is not in the staging folder was placed already, or the target never had it. */
export async function placeEntries(entries: readonly PlaceEntry[], context: InContext): Promise<void> {
  const outcomes = await rename(entries, context)
  expectOutcomes('placing', context.data, pathsOf(entries), outcomes, OTHERS)
  await placeOthers(
    entries.filter((_, index) => outcomes[index] !== null),
    context,
  )
}

/** Those that could not just be moved: they are not in the staging folder, something is in the way, or there is no way. */
async function placeOthers(entries: readonly PlaceEntry[], context: InContext): Promise<void> {
  const { data, staging, drift, signal, resumed } = context
  const names = entries.map((entry) => stagingName(entry.fid))
  const [staged, present] = await Promise.all([staging.types(names), data.types(pathsOf(entries))])
  const toPlace: PlaceEntry[] = []
  const missing: PlaceEntry[] = []
  const inTheWay: Buffer[] = []
  entries.forEach((entry, index) => {
    const there = present[index] ?? null
    if (staged[index] === null && resumed && there === entry.type) return
    if (there !== null) {
      drift.add('in-the-way', entry.path)
      inTheWay.push(entry.path)
    }
    if (staged[index] === null) missing.push(entry)
    else toPlace.push(entry)
  })
  await removeAll(data, inTheWay, signal)
  for (const entry of missing) drift.addMissing(entry)
  // What belongs below a directory that was lost still needs it.
  await makeDirectories(
    missing.filter((entry) => entry.type === 'd').map((entry) => ({ path: entry.path, created: true })),
    context,
  )
  await renameAll(toPlace, context)
}

async function renameAll(entries: readonly PlaceEntry[], context: InContext): Promise<void> {
  const outcomes = await rename(entries, context)
  expectOutcomes('placing', context.data, pathsOf(entries), outcomes, UNREACHABLE)
  const orphans = entries.filter((_, index) => isUnreachable(outcomes[index]!))
  await makeParents(pathsOf(orphans), context)
  expectOutcomes('placing', context.data, pathsOf(orphans), await rename(orphans, context))
}

function pathsOf(entries: readonly { readonly path: PathBytes }[]): PathBytes[] {
  return entries.map((entry) => entry.path)
}

function rename(entries: readonly PlaceEntry[], { data, staging }: InContext) {
  return staging.rename(
    entries.map((entry) => stagingName(entry.fid)),
    data,
    entries.map((entry) => entry.path),
  )
}
