import type { MoveEntry, RemoveEntry } from '../backupmap/backupmap-types.js'
import type { NameRows } from '../backupmap/name-rows.js'
import { rowsOf, rowsWhere } from '../tree/paths.js'
import { removeAll } from '../tree/remove-run.js'
import { expectOutcomes } from '../tree/tree-failure.js'
import type { Outcome } from '../tree/tree-port.js'
import { type Rest, runByDepth } from './batches-run.js'
import { readByDepth } from './depth-parts.js'
import type { NamespaceContext, OpenMap } from './namespace-types.js'
import { stagingName } from './staging-plan.js'

/**
 * *out*: takes everything away that is not at its S1 place, deepest S0 path first, so that every S0 path is still valid when its turn comes.
 * What may stay where it is until its place has its turn is only looked at.
 * May be repeated after a crash until it has completed once, and never after that: S0 paths mean nothing once *in* has begun.
 */
export async function runOut(map: OpenMap, context: NamespaceContext): Promise<void> {
  await runByDepth(readByDepth(map, ['move', 'remove'], 'deepest-first'), async (batch) => {
    context.signal.throwIfAborted()
    if (batch.kind === 'move') return stage(batch.rows, context)
    return batch.kind === 'remove' ? remove(batch.rows, context) : null
  })
}

async function stage(rows: NameRows<'move'>, context: NamespaceContext): Promise<Rest> {
  const { data, staging, staying } = context
  const types = await data.types(rows.paths)
  const stays = new Set(staying.rowsOf(rows.paths))
  const moving = rowsWhere(types.length, (row) => types[row] === rows.types[row] && !stays.has(row)).map(rows.entry)
  const outcomes = await data.rename(pathsOf(moving), staging, namesOf(moving))
  // In the staging folder since an earlier run.
  expectOutcomes('setting aside', data, pathsOf(moving), outcomes, ['EEXIST'])
  const others = rowsWhere(types.length, (row) => types[row] !== rows.types[row])
  return others.length === 0 ? null : () => stageOthers(others.map(rows.entry), context)
}

/** Those that are not at their S0 path as what they are: staged by an earlier run, or lost. */
async function stageOthers(entries: readonly MoveEntry[], { data, staging, drift, signal }: NamespaceContext): Promise<void> {
  const [staged, present] = await Promise.all([staging.types(namesOf(entries)), data.types(pathsOf(entries))])
  const inTheWay: Buffer[] = []
  for (const [index, entry] of entries.entries()) {
    if (staged[index] !== null) continue
    drift.addMissing({ fid: entry.fid, path: entry.to, type: entry.type })
    if (present[index] === null) continue
    drift.add('in-the-way', entry.path)
    inTheWay.push(entry.path)
  }
  await removeAll(data, inTheWay, signal)
}

async function remove({ paths, types, trees, entry }: NameRows<'remove'>, context: NamespaceContext): Promise<Rest> {
  const { data, signal } = context
  const directories = rowsWhere(types.length, (row) => types[row] === 'd' && !trees.has(row))
  const others = rowsWhere(types.length, (row) => types[row] !== 'd')
  const outcomes = [await data.rmdir(rowsOf(paths, directories)), await data.unlink(rowsOf(paths, others))].flat()
  const unexpected: Unremoved[] = []
  for (const [index, row] of [...directories, ...others].entries()) {
    const outcome = outcomes[index] ?? null
    if (outcome !== null && outcome !== 'ENOENT') unexpected.push({ entry: entry(row), outcome })
  }
  if (trees.size === 0 && unexpected.length === 0) return null
  return async () => {
    await removeAll(data, pathsOf(Array.from(trees, entry)), signal)
    await removeUnexpected(unexpected, context)
  }
}

interface Unremoved {
  readonly entry: RemoveEntry
  readonly outcome: NonNullable<Outcome>
}

/** What could not be removed as what the base says it is. */
async function removeUnexpected(left: readonly Unremoved[], { data, drift, signal }: NamespaceContext): Promise<void> {
  const stats = await data.lstat(left.map(({ entry }) => entry.path))
  const unexpected = left.filter(({ entry, outcome }, index) => {
    const stat = stats[index] ?? null
    if (stat === null) return false
    if (stat.type === entry.type && !isNotEmpty(outcome)) expectOutcomes('removing', data, [entry.path], [outcome])
    drift.add(isNotEmpty(outcome) ? 'not-empty' : 'in-the-way', entry.path)
    return true
  })
  await removeAll(data, pathsOf(unexpected.map(({ entry }) => entry)), signal)
}

function isNotEmpty(outcome: Outcome): boolean {
  return outcome === 'ENOTEMPTY' || outcome === 'EEXIST'
}

function pathsOf(entries: readonly { readonly path: Buffer }[]): Buffer[] {
  return entries.map((entry) => entry.path)
}

function namesOf(entries: readonly MoveEntry[]): Buffer[] {
  return entries.map((entry) => stagingName(entry.fid))
}
