import type { MkdirEntry } from '../backupmap/backupmap-types.js'
import { removeAll } from '../tree/remove-run.js'
import { expectOutcomes } from '../tree/tree-failure.js'
import { isUnreachable, UNREACHABLE } from '../tree/tree-port.js'
import type { PathBytes } from '../types/path-bytes.js'
import type { InContext } from './namespace-types.js'
import { makeParents, NEW_DIRECTORY_MODE } from './parents-run.js'

/** A directory to make. One that is not `created` may be there already. */
export type NewDirectory = Pick<MkdirEntry, 'path' | 'created'>

/** Makes directories of one depth. Their attributes come last, when nothing is made in them any more. */
export async function makeDirectories(entries: readonly NewDirectory[], context: InContext): Promise<void> {
  const { data } = context
  const paths = entries.map((entry) => entry.path)
  const outcomes = await data.mkdir(paths, NEW_DIRECTORY_MODE)
  const orphans = paths.filter((_, index) => isUnreachable(outcomes[index]!))
  const existing = entries.filter((_, index) => outcomes[index] === 'EEXIST')
  expectOutcomes('making a directory', data, paths, outcomes, ['EEXIST', ...UNREACHABLE])
  const again = [...orphans, ...(await clearTheWay(existing, context))]
  await makeParents(again, context)
  expectOutcomes('making a directory', data, again, await data.mkdir(again, NEW_DIRECTORY_MODE))
}

/** Paths that had to be freed. A directory is one of ours only if the base has it or an earlier run can have made it. */
async function clearTheWay(entries: readonly NewDirectory[], { data, drift, signal, resumed }: InContext): Promise<PathBytes[]> {
  const stats = await data.lstat(entries.map((entry) => entry.path))
  const isOurs = ({ created }: NewDirectory, index: number) => (resumed || !created) && stats[index]?.type === 'd'
  const inTheWay = entries.filter((entry, index) => !isOurs(entry, index)).map((entry) => entry.path)
  for (const path of inTheWay) drift.add('in-the-way', path)
  await removeAll(data, inTheWay, signal)
  return inTheWay
}
