import { removeAll } from '../tree/remove-run.js'
import { expectOutcomes } from '../tree/tree-failure.js'
import { isUnreachable, UNREACHABLE } from '../tree/tree-port.js'
import type { PathBytes } from '../types/path-bytes.js'
import type { InContext } from './namespace-types.js'
import { makeParents, NEW_DIRECTORY_MODE } from './parents-run.js'

/** Makes directories of one depth. Their attributes come last, when nothing is made in them any more. */
export async function makeDirectories(paths: readonly PathBytes[], context: InContext): Promise<void> {
  const { data } = context
  const outcomes = await data.mkdir(paths, NEW_DIRECTORY_MODE)
  const orphans = paths.filter((_, index) => isUnreachable(outcomes[index]!))
  const existing = paths.filter((_, index) => outcomes[index] === 'EEXIST')
  expectOutcomes('making a directory', data, paths, outcomes, ['EEXIST', ...UNREACHABLE])
  const again = [...orphans, ...(await clearTheWay(existing, context))]
  await makeParents(again, context)
  expectOutcomes('making a directory', data, again, await data.mkdir(again, NEW_DIRECTORY_MODE))
}

/** Paths that had to be freed. A directory is one of ours only if an earlier run can have made it. */
async function clearTheWay(paths: readonly PathBytes[], { data, drift, signal, resumed }: InContext): Promise<PathBytes[]> {
  const stats = await data.lstat(paths)
  const inTheWay = paths.filter((_, index) => !(resumed && stats[index]?.type === 'd'))
  for (const path of inTheWay) drift.add('in-the-way', path)
  await removeAll(data, inTheWay, signal)
  return inTheWay
}
