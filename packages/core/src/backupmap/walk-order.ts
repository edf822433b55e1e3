import { joinPath, type PathBytes } from '../types/path-bytes.js'

/** What a directory holds, as far as the order of a walk needs it. */
export interface DirectoryNames {
  /** Names of the directories in it, in any order. */
  readonly directories: readonly Buffer[]
  /** Number of all other entries. */
  readonly otherCount: number
}

/** Lists directories in one batch; null where there is no directory. */
export type ListNames = (directories: readonly PathBytes[]) => Promise<readonly (DirectoryNames | null)[]>

/** A directory of the walk. Counting 1 for each and its other entries counts every entry of the tree once, and the root. */
export interface OrderedDirectory {
  readonly path: PathBytes
  readonly otherCount: number
}

/** Directories listed together: those that come next anyway, so that a walk in order does not wait for one after the other. */
const AHEAD = 32

/**
 * The directories that come after `after` in the order of `compareWalkOrder`; null = all of them, the root first.
 * Only the path down to `after` is listed on the way to it, and whether it still exists does not matter.
 */
export async function* walkInOrder(after: PathBytes | null, list: ListNames): AsyncGenerator<OrderedDirectory> {
  const waiting = after === null ? [Buffer.alloc(0) as PathBytes] : await seek(after, list)
  const known = new Map<string, DirectoryNames | null>()
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const key = path.toString('latin1')
    if (!known.has(key)) await listAhead([path, ...waiting.slice(-AHEAD).toReversed()], known, list)
    const names = known.get(key) ?? null
    known.delete(key)
    yield { path, otherCount: names?.otherCount ?? 0 }
    if (names !== null) pushChildren(waiting, path, names.directories)
  }
}

/** What waits after `after`, the next one last: later siblings of it and of every directory above it, and what is in it. */
async function seek(after: PathBytes, list: ListNames): Promise<PathBytes[]> {
  const steps = stepsTo(after)
  const listed = await list(steps.map(({ folder }) => folder))
  const waiting: PathBytes[] = []
  for (const [index, { folder, next }] of steps.entries()) {
    const names = listed[index]?.directories ?? []
    pushChildren(waiting, folder, next === null ? names : names.filter((name) => name.compare(next) > 0))
  }
  return waiting
}

/** Every directory on the way to `path`, with the name that leads on from it; `path` itself with null. */
function stepsTo(path: PathBytes): { folder: PathBytes; next: Buffer | null }[] {
  const steps: { folder: PathBytes; next: Buffer | null }[] = []
  let folder = Buffer.alloc(0) as PathBytes
  for (let start = 0; start < path.length; ) {
    const slash = path.indexOf('/', start)
    const end = slash === -1 ? path.length : slash
    steps.push({ folder, next: path.subarray(start, end) })
    folder = path.subarray(0, end) as PathBytes
    start = end + 1
  }
  return [...steps, { folder, next: null }]
}

async function listAhead(paths: readonly PathBytes[], known: Map<string, DirectoryNames | null>, list: ListNames): Promise<void> {
  const unknown = paths.filter((path) => !known.has(path.toString('latin1'))).slice(0, AHEAD)
  const listed = await list(unknown)
  for (const [index, path] of unknown.entries()) known.set(path.toString('latin1'), listed[index] ?? null)
}

function pushChildren(waiting: PathBytes[], folder: PathBytes, names: readonly Buffer[]): void {
  for (const name of names.toSorted((a, b) => b.compare(a))) waiting.push(joinPath(folder, name))
}
