import type { Handle } from '@lustrebackup/lustresim/file-ops'
import type { SimFilesystem } from '@lustrebackup/lustresim/filesystem'

/** 0 up to 2^32, from a seed: the same changes for the same seed. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f']

type Change = 'make' | 'rename' | 'link' | 'remove' | 'overwrite' | 'append' | 'chmod' | 'open' | 'migrate' | 'sync'
type EntryType = 'directory' | 'file' | 'symlink'

/** As often as they stand here. */
const CHANGES: readonly Change[] = [
  ...(['make', 'make', 'make', 'make', 'rename', 'rename', 'rename', 'link', 'remove'] as const),
  ...(['overwrite', 'overwrite', 'overwrite', 'append', 'chmod', 'open', 'migrate', 'sync'] as const),
]

/** Changes a tree at random: few names and few directories, so that they collide, swap and cross each other. */
export class RandomChanges {
  readonly #open: Handle[] = []
  /** Old FID to new FID, of everything that was migrated. */
  readonly migrated = new Map<string, string>()

  constructor(
    private readonly fs: SimFilesystem,
    private readonly random: (below: number) => number,
    private readonly mdts: number,
  ) {}

  run(count: number): void {
    for (let done = 0; done < count; done += 1) this.#one()
  }

  #one(): void {
    const path = this.#anyPath()
    const change = CHANGES[this.random(CHANGES.length)]!
    const type = path === null ? null : this.#typeOf(path)
    if (change === 'make') this.#make()
    else if (change === 'sync') this.fs.sync()
    else if (path !== null && type !== null) this.#change(change, path, type)
  }

  #make(): void {
    const { fs, random } = this
    const path = this.#freePath()
    if (path === null) return
    const kind = random(4)
    if (kind < 2) fs.writeFile(path, `${random(1000)}`)
    else if (kind === 2) fs.mkdir(path)
    else fs.symlink('x', path)
  }

  #change(change: Exclude<Change, 'make' | 'sync'>, path: string, type: EntryType): void {
    const { fs, random } = this
    const free = this.#freePath()
    if (change === 'rename') this.#rename(path)
    if (change === 'link' && type !== 'directory' && free !== null) fs.link(path, free)
    if (change === 'remove') this.#remove(path, type)
    if (change === 'overwrite' && type === 'file') fs.overwrite(path, 0, `${random(10)}`, { unflushed: random(2) === 0 })
    if (change === 'append' && type === 'file') fs.append(path, '+')
    if (change === 'chmod' && type !== 'symlink') fs.chmod(path, 0o600 + random(0o100))
    if (change === 'open' && type === 'file') this.#openOrClose(path)
    if (change === 'migrate' && type === 'directory' && this.mdts > 1) this.#migrate(path)
  }

  #rename(path: string): void {
    const into = [...this.#directories()][this.random(this.#directories().length)]!
    const to = into === '' ? this.#name() : `${into}/${this.#name()}`
    if (to === path || to.startsWith(`${path}/`) || path.startsWith(`${to}/`)) return
    const there = this.fs.exists(to) ? this.#typeOf(to) : null
    const isDirectory = this.#typeOf(path) === 'directory'
    if (there !== null && (there === 'directory') !== isDirectory) return
    if (there === 'directory' && this.#paths().some((one) => one.startsWith(`${to}/`))) return
    this.fs.rename(path, to)
  }

  #migrate(path: string): void {
    const before = this.fs.tree()
    this.fs.migrate(path, this.random(this.mdts))
    const after = new Map(this.fs.tree().map((entry) => [entry.path.toString('latin1'), entry.fid]))
    for (const entry of before) {
      const fid = after.get(entry.path.toString('latin1'))!
      if (fid !== entry.fid) this.migrated.set(entry.fid, fid)
    }
  }

  #remove(path: string, type: EntryType): void {
    if (type !== 'directory') this.fs.unlink(path)
    else if (!this.#paths().some((one) => one.startsWith(`${path}/`))) this.fs.rmdir(path)
  }

  /** A file that stays open over snapshots is written to without a record. */
  #openOrClose(path: string): void {
    const [handle] = this.#open
    if (handle !== undefined && this.random(2) === 0) this.fs.write(handle, 0, `${this.random(10)}`)
    else if (handle !== undefined) this.fs.close(this.#open.shift()!)
    else this.#open.push(this.fs.open(path, { write: true }))
  }

  #paths(): string[] {
    return this.fs.tree().flatMap(({ path }) => (path.length === 0 ? [] : [path.toString('latin1')]))
  }

  #directories(): string[] {
    return ['', ...this.#paths().filter((path) => this.#typeOf(path) === 'directory')]
  }

  #anyPath(): string | null {
    const paths = this.#paths()
    return paths[this.random(Math.max(1, paths.length))] ?? null
  }

  #freePath(): string | null {
    const directories = this.#directories()
    const directory = directories[this.random(directories.length)]!
    if (directory.split('/').length > 5) return null
    const path = directory === '' ? this.#name() : `${directory}/${this.#name()}`
    return this.fs.exists(path) ? null : path
  }

  #name(): string {
    return NAMES[this.random(NAMES.length)]!
  }

  #typeOf(path: string): EntryType {
    const stat = this.fs.core.stat(path)
    return stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'symlink' : 'file'
  }
}
