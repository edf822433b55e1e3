import { randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { mountClient, umountClient } from './client-mount.js'
import { type Faults, loadFaults, saveFaults } from './faults.js'
import { SimFilesystem } from './filesystem.js'
import type { FilesystemConfig } from './fs-core.js'
import { filesystemPaths, type SimPaths, simPaths } from './layout.js'
import { loadMounts, type MountEntry } from './mounts.js'
import { ensureNativeBuild, LIBRARY } from './tool.js'
import { writeWrappers } from './wrappers.js'

export interface SimConfig {
  readonly filesystems: readonly FilesystemConfig[]
  /** How client mounts are made. A bind mount that is refused becomes a symlink. */
  readonly mounts: 'bind' | 'symlink'
}

export interface SimOptions {
  /** The clock, in nanoseconds since 1970. */
  readonly now?: () => bigint
  /** Names for snapshots: eight hex digits, a new one each time. */
  readonly randomFsname?: () => string
}

export interface CreateOptions extends SimOptions {
  readonly filesystems: readonly { readonly name: string; readonly mdts?: number; readonly osts?: number }[]
  readonly mounts?: SimConfig['mounts']
}

/** A folder that behaves like one or more Lustre file systems. */
export class Lustresim {
  readonly paths: SimPaths
  readonly config: SimConfig
  readonly #filesystems: ReadonlyMap<string, SimFilesystem>

  private constructor(root: string, options: SimOptions) {
    this.paths = simPaths(resolve(root))
    this.config = JSON.parse(readFileSync(this.paths.config, 'utf8')) as SimConfig
    const environment = {
      now: options.now ?? (() => BigInt(Date.now()) * 1_000_000n),
      randomFsname: options.randomFsname ?? (() => randomBytes(4).toString('hex')),
      faultsPath: this.paths.faults,
    }
    this.#filesystems = new Map(
      this.config.filesystems.map((config) => [config.name, new SimFilesystem(this.paths.filesystem(config.name), config, environment)]),
    )
  }

  /** Makes a new simulator; the folder must not hold one yet. */
  static create(root: string, options: CreateOptions): Lustresim {
    const paths = simPaths(resolve(root))
    if (existsSync(paths.config)) throw new Error(`lustresim: ${paths.root} holds a simulator already`)
    ensureNativeBuild()
    mkdirSync(paths.lib, { recursive: true })
    copyFileSync(LIBRARY, join(paths.lib, 'liblustreapi.so.1'))
    const filesystems = options.filesystems.map(({ name, mdts = 1, osts = 1 }) => ({ name, mdts, osts }))
    for (const config of filesystems) makeFolders(paths.filesystem(config.name))
    writeFileSync(paths.mtab, '')
    writeWrappers(paths.root, paths.bin)
    const config: SimConfig = { filesystems, mounts: options.mounts ?? (process.getuid?.() === 0 ? 'bind' : 'symlink') }
    writeFileSync(paths.config, `${JSON.stringify(config, null, 2)}\n`)
    const sim = new Lustresim(paths.root, options)
    for (const filesystem of sim.filesystems()) filesystem.core.format()
    return sim
  }

  static open(root: string, options: SimOptions = {}): Lustresim {
    if (!existsSync(simPaths(resolve(root)).config))
      throw new Error(`lustresim: ${root} holds no simulator; make one with Lustresim.create`)
    return new Lustresim(root, options)
  }

  fs(name: string): SimFilesystem {
    const filesystem = this.#filesystems.get(name)
    if (!filesystem) throw new Error(`lustresim: no file system '${name}', only ${[...this.#filesystems.keys()].join(', ')}`)
    return filesystem
  }

  filesystems(): SimFilesystem[] {
    return [...this.#filesystems.values()]
  }

  /** The folder to put in front of PATH. */
  get bin(): string {
    return this.paths.bin
  }

  /** The simulated liblustreapi. */
  get library(): string {
    return join(this.paths.lib, 'liblustreapi.so.1')
  }

  get faults(): Faults {
    return loadFaults(this.paths.faults)
  }

  /** Replaces all faults; `{}` switches them off. */
  setFaults(faults: Faults): void {
    saveFaults(this.paths.faults, faults)
  }

  flush(): void {
    for (const filesystem of this.filesystems()) filesystem.flush()
  }

  /** Mounts on this client, as `mount -t lustre -o OPTIONS NID:/FSNAME TARGET` does. A snapshot must be mounted on the servers first. */
  mount(fsname: string, target: string, options: readonly string[] = []): void {
    this.flush()
    mkdirSync(target, { recursive: true })
    mountClient(this.paths, this.config.filesystems, this.config.mounts, { source: `${NID}:/${fsname}`, target, options })
  }

  umount(target: string): void {
    umountClient(this.paths, target)
  }

  mounts(): MountEntry[] {
    return loadMounts(this.paths.mtab)
  }

  /** Unmounts everything and removes the folder. */
  destroy(): void {
    for (const { target } of this.mounts().toReversed()) umountClient(this.paths, target, ['-l'])
    for (const filesystem of this.filesystems()) filesystem.core.discard()
    rmSync(this.paths.root, { recursive: true })
  }
}

/** The NID that the simulator's servers are said to have. */
export const NID = '10.0.0.1@tcp'

function makeFolders(dir: string): void {
  const paths = filesystemPaths(dir)
  for (const folder of [paths.live, paths.unflushed, paths.snapshots]) mkdirSync(folder, { recursive: true })
}
