import type { SimFilesystem } from '@lustrebackup/lustresim/filesystem'
import type { Setting, UserOperation } from './operations.js'
import { ACTIONS, type Scene } from './user-actions.js'

type Area = Setting['area']

/** Folders that the configuration names. */
const ROOTS: Readonly<Record<Area, readonly string[]>> = { whole: [], excluded: ['m'], folder: ['p'], both: ['p', 'p/m'] }
/** Where the state of the backup is; its folder `x` is for the users. */
const STATE: Readonly<Record<Area, string | null>> = { whole: null, excluded: 'm', folder: null, both: 'p/m' }
const MOVING: ReadonlySet<string> = new Set(['rename', 'swap', 'migrate', 'rmdir', 'unlink', 'save', 'temporary'])

/** The users of the source: carries out what they do, as far as the tree allows it. */
export class Users {
  readonly #scene: Scene
  readonly #area: Area

  constructor(fs: SimFilesystem, { mdts, area }: Setting, advance: (seconds: number) => void) {
    this.#area = area
    let names = 0
    const freshName = () => {
      names += 1
      return `.tmp${names}`
    }
    this.#scene = { fs, mdts, handles: new Map(), advance, freshName }
  }

  /** Tells whether it was possible. */
  perform(operation: UserOperation): boolean {
    if (this.#isForbidden(operation)) return false
    const [name, ...words] = operation
    try {
      ;(ACTIONS[name] as (scene: Scene, ...words: unknown[]) => void)(this.#scene, ...words)
      return true
    } catch (error) {
      if (isRefusal(error)) return false
      throw error
    }
  }

  /** Closes what is still open. */
  close(): void {
    for (const handle of this.#scene.handles.keys()) this.perform(['close', handle])
  }

  /** The folder that is backed up and the state of the backup are not moved, replaced or removed: that is another file system then. */
  #isForbidden(operation: UserOperation): boolean {
    const [name, ...words] = operation as readonly [UserOperation[0], ...(string | number)[]]
    const [roots, state] = [ROOTS[this.#area], STATE[this.#area]]
    const paths = words.filter((word) => typeof word === 'string')
    if (state !== null && paths.some((path) => path.startsWith(`${state}/`) && !path.startsWith(`${state}/x`))) return true
    if (MOVING.has(name) && paths.some((path) => roots.includes(path))) return true
    return name === 'migrate' && paths.some((path) => roots.some((root) => root.startsWith(`${path}/`)))
  }
}

/** The tree does not allow it: no such entry, not empty, a folder below itself and so on. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && ('code' in error || error.message.startsWith('lustresim:'))
}
