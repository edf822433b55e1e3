import { removeAll } from '../tree/remove-run.js'
import { expectOutcomes } from '../tree/tree-failure.js'
import { dirnameOf, type PathBytes } from '../types/path-bytes.js'
import type { NamespaceContext } from './namespace-types.js'

type Parents = Pick<NamespaceContext, 'data' | 'drift' | 'signal'>

/** Mode of a directory until its own attributes are set: nobody but root sees what is being put into it. */
export const NEW_DIRECTORY_MODE = 0o700

/** Makes the directories on the way to `paths` that the target has lost, and removes what has taken their place. */
export async function makeParents(paths: readonly Buffer[], context: Parents): Promise<void> {
  const parents = new Map(paths.map((path) => [dirnameOf(path).toString('latin1'), dirnameOf(path)]))
  for (const parent of parents.values()) for (const directory of ancestorsAndSelf(parent)) await makeDirectory(directory, context)
}

async function makeDirectory(path: PathBytes, { data, drift, signal }: Parents): Promise<void> {
  const [stat] = await data.lstat([path])
  if (stat?.type === 'd') return
  if (stat) {
    drift.add('in-the-way', path)
    await removeAll(data, [path], signal)
  }
  drift.add('missing-directory', path)
  expectOutcomes('making a directory', data, [path], await data.mkdir([path], NEW_DIRECTORY_MODE))
}

/** Shallowest first, without the root. */
function ancestorsAndSelf(path: PathBytes): PathBytes[] {
  const directories: PathBytes[] = []
  for (let at = path; at.length > 0; at = dirnameOf(at)) directories.push(at)
  return directories.reverse()
}
