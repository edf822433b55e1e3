import type { PathBytes } from '../types/path-bytes.js'
import { ListWriter } from './list-writer.js'
import { LIST_BYTES, LIST_PATHS, type PrepareContext } from './prepare-run.js'
import type { TransferList } from './transfer-types.js'

/** Lists of directories whose attributes are to be brought again. The root is none of them: naming it would list what is in it. */
export async function listDirectories(
  paths: readonly PathBytes[],
  name: string,
  { data, nprocs, folder }: PrepareContext,
): Promise<{ readonly lists: readonly TransferList[]; readonly root: boolean }> {
  const writer = new ListWriter(folder, name, { openLists: nprocs, maxPaths: LIST_PATHS, maxBytes: LIST_BYTES })
  const stats = await data.lstat(paths)
  const directories = paths.filter((_, index) => stats[index]?.type === 'd')
  for (const path of directories) if (path.length > 0) writer.add([path], 0n)
  return { lists: writer.finish(), root: directories.some((path) => path.length === 0) }
}
