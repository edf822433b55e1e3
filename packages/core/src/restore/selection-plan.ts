import { basenameOf, type PathBytes } from '../types/path-bytes.js'

const SLASH = 0x2f

/** Which entries of a tree are wanted: all of a folder, or only some of what is in it. */
export interface Selection {
  readonly all: boolean
  /** By name, as latin1; empty when all are wanted. */
  readonly children: ReadonlyMap<string, Selection>
}

const ALL: Selection = { all: true, children: new Map() }

/** The selection that the paths make together, from the root on. A path within another one adds nothing. */
export function planSelection(paths: readonly PathBytes[]): Selection {
  if (paths.some((path) => path.length === 0)) return ALL
  const groups = new Map<string, PathBytes[]>()
  for (const path of paths) {
    const slash = path.indexOf(SLASH)
    const name = path.toString('latin1', 0, slash === -1 ? path.length : slash)
    const rest = slash === -1 ? Buffer.alloc(0) : path.subarray(slash + 1)
    groups.set(name, [...(groups.get(name) ?? []), rest as PathBytes])
  }
  return { all: false, children: new Map(Array.from(groups, ([name, rests]) => [name, planSelection(rests)])) }
}

/** What is wanted of an entry of a folder; null = nothing. */
export function selectionOf(folder: Selection, path: Buffer): Selection | null {
  return folder.all ? ALL : (folder.children.get(basenameOf(path).toString('latin1')) ?? null)
}

/** Names that are wanted of a folder; null = whatever is in it. */
export function wantedNames(folder: Selection): Buffer[] | null {
  return folder.all ? null : Array.from(folder.children.keys(), (name) => Buffer.from(name, 'latin1'))
}
