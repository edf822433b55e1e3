import type { Handle } from '@lustrebackup/lustresim/file-ops'
import type { SimFilesystem } from '@lustrebackup/lustresim/filesystem'
import type { Setting, UserOperation } from './operations.js'

type Area = Setting['area']

/** Folders that the configuration names. */
const ROOTS: Readonly<Record<Area, readonly string[]>> = { whole: [], excluded: ['m'], folder: ['p'], both: ['p', 'p/m'] }
/** Where the state of the backup is; its folder `x` is for the users. */
const STATE: Readonly<Record<Area, string | null>> = { whole: null, excluded: 'm', folder: null, both: 'p/m' }

/** The users of the source: carries out what they do, as far as the tree allows it. */
export class Users {
  readonly #handles = new Map<number, Handle>()
  #temporaries = 0

  constructor(
    private readonly fs: SimFilesystem,
    private readonly setting: Setting,
    private readonly advance: (seconds: number) => void,
  ) {}

  /** Tells whether it was possible. */
  perform(operation: UserOperation): boolean {
    if (this.#isForbidden(operation)) return false
    try {
      this.#perform(operation)
      return true
    } catch (error) {
      if (isRefusal(error)) return false
      throw error
    }
  }

  close(): void {
    for (const handle of this.#handles.keys()) this.#close(handle)
  }

  /** The folder that is backed up and the state of the backup are not moved, replaced or removed: that is another file system then. */
  #isForbidden(operation: UserOperation): boolean {
    const [name, ...words] = operation as readonly [UserOperation[0], ...(string | number)[]]
    const roots = ROOTS[this.setting.area]
    const state = STATE[this.setting.area]
    const paths = words.filter((word) => typeof word === 'string')
    if (state !== null && paths.some((path) => path.startsWith(`${state}/`) && !path.startsWith(`${state}/x`))) return true
    const moves = ['rename', 'swap', 'migrate', 'rmdir', 'unlink', 'save', 'temporary'].includes(name)
    if (moves && paths.some((path) => roots.includes(path))) return true
    return name === 'migrate' && paths.some((path) => roots.some((root) => root.startsWith(`${path}/`)))
  }

  #perform(operation: UserOperation): void {
    const { fs, setting } = this
    switch (operation[0]) {
      case 'mkdir':
        return void fs.mkdir(bytes(operation[1]), { mdt: operation[2] % setting.mdts })
      case 'rmdir':
        return fs.rmdir(bytes(operation[1]))
      case 'create':
        return void fs.create(bytes(operation[1]))
      case 'write':
        return void fs.writeFile(bytes(operation[1]), operation[2], { unflushed: operation[3] === 'unflushed' })
      case 'overwrite':
        return fs.overwrite(bytes(operation[1]), 0, operation[2], {
          unflushed: operation[3] === 'unflushed',
          cached: operation[3] === 'cached',
        })
      case 'append':
        return fs.append(bytes(operation[1]), operation[2])
      case 'truncate':
        return fs.truncate(bytes(operation[1]), operation[2])
      case 'sparse':
        return fs.overwrite(bytes(operation[1]), operation[2], 'end')
      case 'save':
        return this.#save(operation[1], operation[2])
      case 'open':
        return this.#open(operation[1], operation[2])
      case 'put':
        return this.#with(operation[1], (handle) => fs.write(handle, 0, operation[2], { unflushed: operation[3] === 'unflushed' }))
      case 'cut':
        return this.#with(operation[1], (handle) => fs.ftruncate(handle, operation[2]))
      case 'close':
        return this.#close(operation[1])
      case 'link':
        return fs.link(bytes(operation[1]), bytes(operation[2]))
      case 'links':
        return this.#links(operation[1], operation[2], operation[3])
      case 'unlink':
        return fs.unlink(bytes(operation[1]))
      case 'rename':
        return fs.rename(bytes(operation[1]), bytes(operation[2]))
      case 'swap':
        return this.#swap(operation[1], operation[2])
      case 'symlink':
        return void fs.symlink(bytes(operation[1]), bytes(operation[2]))
      case 'mknod':
        return void fs.mknod(bytes(operation[1]), operation[2], { major: 1, minor: 3 })
      case 'temporary':
        fs.writeFile(bytes(operation[1]), 'scratch', { exclusive: true })
        return fs.unlink(bytes(operation[1]))
      case 'chmod':
        return fs.chmod(bytes(operation[1]), operation[2])
      case 'chown':
        return fs.chown(bytes(operation[1]), operation[2], operation[3])
      case 'setxattr':
        return fs.setxattr(bytes(operation[1]), operation[2], operation[3])
      case 'removexattr':
        return fs.removexattr(bytes(operation[1]), operation[2])
      case 'setfacl':
        return this.#setfacl(operation[1], operation[2], operation[3] === 'recorded')
      case 'default-acl':
        return fs.setfacl(bytes(operation[1]), ['-d', '-m', operation[2]])
      case 'utimes':
        if (operation[3] === 'recorded') fs.dropMdtCache()
        return fs.utimes(bytes(operation[1]), operation[2], operation[2])
      case 'migrate':
        return fs.migrate(bytes(operation[1]), operation[2] % setting.mdts)
      case 'sync':
        return fs.sync()
      case 'drop-open-cache':
        return fs.dropOpenCache()
      case 'wait':
        return this.advance(operation[1])
    }
  }

  #save(path: string, data: string): void {
    const temporary = this.#nameBeside(path)
    this.fs.writeFile(temporary, data)
    try {
      this.fs.rename(temporary, bytes(path))
    } catch (error) {
      this.fs.unlink(temporary)
      throw error
    }
  }

  #nameBeside(path: string): Buffer {
    this.#temporaries += 1
    const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : ''
    return bytes(`${folder}.tmp${this.#temporaries}`)
  }

  #swap(one: string, other: string): void {
    const aside = this.#nameBeside(one)
    this.fs.rename(bytes(one), aside)
    try {
      this.fs.rename(bytes(other), bytes(one))
    } catch (error) {
      this.fs.rename(aside, bytes(one))
      throw error
    }
    this.fs.rename(aside, bytes(other))
  }

  #links(from: string, directory: string, count: number): void {
    const prefix = directory === '' ? '' : `${directory}/`
    for (let index = 0; index < count; index += 1)
      this.fs.link(bytes(from), bytes(`${prefix}${'long'.repeat(25)}${String(index).padStart(3, '0')}`))
  }

  #setfacl(path: string, entry: string, recorded: boolean): void {
    this.fs.setfacl(bytes(path), ['-m', entry])
    if (recorded) this.fs.chmod(bytes(path), Number(this.fs.core.stat(path).mode & 0o7777n))
  }

  #open(number: number, path: string): void {
    if (!this.#handles.has(number)) this.#handles.set(number, this.fs.open(bytes(path), { write: true }))
  }

  #close(number: number): void {
    this.#with(number, (handle) => this.fs.close(handle))
    this.#handles.delete(number)
  }

  #with(number: number, use: (handle: Handle) => void): void {
    const handle = this.#handles.get(number)
    if (handle !== undefined) use(handle)
  }
}

/** The tree does not allow it: no such entry, not empty, a folder below itself and so on. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && ('code' in error || error.message.startsWith('lustresim:'))
}

function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1')
}
