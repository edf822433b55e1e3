import type { PlaceEntry } from '../backupmap/backupmap-types.js'
import type { NameRows } from '../backupmap/name-rows.js'
import { rowsOf, rowsWhere } from '../tree/paths.js'
import { removeAll } from '../tree/remove-run.js'
import { expectOutcomes } from '../tree/tree-failure.js'
import { isUnreachable, type Outcome, UNREACHABLE } from '../tree/tree-port.js'
import type { PathBytes } from '../types/path-bytes.js'
import { makeDirectories } from './mkdir-run.js'
import type { InContext } from './namespace-types.js'
import { makeParents } from './parents-run.js'
import { stagingName } from './staging-plan.js'

const OTHERS = ['EEXIST', ...UNREACHABLE] as const

/** An object that waits for its place: at its S0 path (`stays`), or in the staging folder. */
interface Waiting {
  readonly entry: PlaceEntry
  readonly stays: boolean
}

/** Puts objects of one depth to their S1 paths. What is not where it should wait was placed already, or the target never had it. */
export async function placeRows(rows: NameRows<'place'>, context: InContext): Promise<void> {
  const { data, staging, staying } = context
  const stayed = staying.rowsOf(rows.others)
  const stays = new Set(stayed)
  const staged = rowsWhere(rows.types.length, (row) => !stays.has(row))
  const [pathsOfStayed, pathsOfStaged] = [rowsOf(rows.paths, stayed), rowsOf(rows.paths, staged)]
  const [ofStayed, ofStaged] = await Promise.all([
    data.rename(rowsOf(rows.others, stayed), data, pathsOfStayed),
    staging.rename(namesOf(staged.map(rows.entry)), data, pathsOfStaged),
  ])
  expectOutcomes('placing', data, pathsOfStayed, ofStayed, OTHERS)
  expectOutcomes('placing', data, pathsOfStaged, ofStaged, OTHERS)
  const lost = [...stayed.filter((_, index) => ofStayed[index] !== null), ...staged.filter((_, index) => ofStaged[index] !== null)]
  await placeOthers(lost.toSorted((a, b) => a - b).map(rows.entry), context)
}

/** Those that could not just be moved: they are not where they should wait, something is in the way, or there is no way. */
async function placeOthers(entries: readonly PlaceEntry[], context: InContext): Promise<void> {
  const { data, staging, staying, drift, signal, resumed } = context
  const [staged, stayed, present] = await Promise.all([
    staging.types(namesOf(entries)),
    data.types(fromOf(entries)),
    data.types(pathsOf(entries)),
  ])
  const toPlace: Waiting[] = []
  const missing: PlaceEntry[] = []
  const inTheWay: Buffer[] = []
  entries.forEach((entry, index) => {
    const there = present[index] ?? null
    const stays = staged[index] === null && staying.has(entry.from) && stayed[index] === entry.type
    const waits = staged[index] !== null || stays
    if (!waits && resumed && there === entry.type) return
    if (there !== null) {
      drift.add('in-the-way', entry.path)
      inTheWay.push(entry.path)
    }
    if (waits) toPlace.push({ entry, stays })
    else missing.push(entry)
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

async function renameAll(waiting: readonly Waiting[], context: InContext): Promise<void> {
  const outcomes = await rename(waiting, context)
  const paths = waiting.map(({ entry }) => entry.path)
  expectOutcomes('placing', context.data, paths, outcomes, UNREACHABLE)
  const orphans = waiting.filter((_, index) => isUnreachable(outcomes[index]!))
  const orphanPaths = orphans.map(({ entry }) => entry.path)
  await makeParents(orphanPaths, context)
  expectOutcomes('placing', context.data, orphanPaths, await rename(orphans, context))
}

async function rename(waiting: readonly Waiting[], { data, staging }: InContext): Promise<Outcome[]> {
  const stayed = waiting.filter(({ stays }) => stays).map(({ entry }) => entry)
  const staged = waiting.filter(({ stays }) => !stays).map(({ entry }) => entry)
  const outcomes = await Promise.all([
    data.rename(fromOf(stayed), data, pathsOf(stayed)),
    staging.rename(namesOf(staged), data, pathsOf(staged)),
  ])
  const [ofStayed, ofStaged] = outcomes.map((list) => list.values())
  return waiting.map(({ stays }) => (stays ? ofStayed : ofStaged)!.next().value as Outcome)
}

function pathsOf(entries: readonly PlaceEntry[]): PathBytes[] {
  return entries.map((entry) => entry.path)
}

function fromOf(entries: readonly PlaceEntry[]): PathBytes[] {
  return entries.map((entry) => entry.from)
}

function namesOf(entries: readonly PlaceEntry[]): Buffer[] {
  return entries.map((entry) => stagingName(entry.fid))
}
