import type { MoveEntry, RemoveEntry } from '../backupmap/backupmap-types.js'
import { removeAll } from '../tree/remove-run.js'
import { expectOutcomes } from '../tree/tree-failure.js'
import type { Outcome } from '../tree/tree-port.js'
import { readByDepth } from './depth-parts.js'
import type { NamespaceContext, OpenMap } from './namespace-types.js'
import { stagingName } from './staging-plan.js'

/**
 * *out*: takes everything away that is not at its S1 place, deepest S0 path first, so that every S0 path is still valid when its turn comes.
 * What may stay where it is until its place has its turn is only looked at.
 * May be repeated after a crash until it has completed once, and never after that: S0 paths mean nothing once *in* has begun.
 */
export async function runOut(map: OpenMap, context: NamespaceContext): Promise<void> {
  for await (const batch of readByDepth(map, ['move', 'remove'], 'deepest-first')) {
    context.signal.throwIfAborted()
    if (batch.kind === 'move') await stage(batch.entries, context)
    else if (batch.kind === 'remove') await remove(batch.entries, context)
  }
}

async function stage(entries: readonly MoveEntry[], context: NamespaceContext): Promise<void> {
  const { data, staging, staying } = context
  const types = await data.types(pathsOf(entries))
  const [expected, others] = split(entries, (entry, index) => types[index] === entry.type)
  const moving = expected.filter((entry) => !staying.has(entry.path))
  const outcomes = await data.rename(pathsOf(moving), staging, namesOf(moving))
  // In the staging folder since an earlier run.
  expectOutcomes('setting aside', data, pathsOf(moving), outcomes, ['EEXIST'])
  await stageOthers(others, context)
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

async function remove(entries: readonly RemoveEntry[], context: NamespaceContext): Promise<void> {
  const { data, signal } = context
  const trees = entries.filter((entry) => entry.tree)
  const directories = entries.filter((entry) => entry.type === 'd' && !entry.tree)
  const others = entries.filter((entry) => entry.type !== 'd')
  await removeAll(data, pathsOf(trees), signal)
  await removeUnexpected(directories, await data.rmdir(pathsOf(directories)), context)
  await removeUnexpected(others, await data.unlink(pathsOf(others)), context)
}

/** What could not be removed as what the base says it is. */
async function removeUnexpected(entries: readonly RemoveEntry[], outcomes: readonly Outcome[], context: NamespaceContext): Promise<void> {
  const { data, drift, signal } = context
  const left = entries.filter((_, index) => outcomes[index] !== null && outcomes[index] !== 'ENOENT')
  const stats = await data.lstat(pathsOf(left))
  const unexpected = left.filter((entry, index) => {
    const outcome = outcomes[entries.indexOf(entry)]!
    const stat = stats[index] ?? null
    if (stat === null) return false
    if (stat.type === entry.type && !isNotEmpty(outcome)) expectOutcomes('removing', data, [entry.path], [outcome])
    drift.add(isNotEmpty(outcome) ? 'not-empty' : 'in-the-way', entry.path)
    return true
  })
  await removeAll(data, pathsOf(unexpected), signal)
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

function split<T>(entries: readonly T[], isFirst: (entry: T, index: number) => boolean): [T[], T[]] {
  const [first, second]: [T[], T[]] = [[], []]
  entries.forEach((entry, index) => {
    if (isFirst(entry, index)) first.push(entry)
    else second.push(entry)
  })
  return [first, second]
}
