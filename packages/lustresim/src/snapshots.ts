import { renameSync, rmSync } from 'node:fs'
import { type Faults, loadFaults, saveFaults } from './faults.js'
import type { FsCore } from './fs-core.js'
import { mdtName } from './layout.js'
import { copyForSnapshot } from './snapshot-copy.js'
import { allRoles, findSnapshot, listSnapshots, type SnapshotInfo, saveSnapshot } from './snapshot-info.js'

/** A refused snapshot command: `exitCode` and the lines that lctl writes to stderr. */
export class SnapshotError extends Error {
  constructor(
    readonly exitCode: number,
    readonly lines: readonly string[],
  ) {
    super(lines.join('\n'))
  }
}

export interface SnapshotOptions {
  readonly comment?: string | null
}

/** The MGS side of snapshots of one file system: what `lctl snapshot_*` does, with its exit codes. */
export class Snapshots {
  constructor(
    readonly core: FsCore,
    readonly faultsPath: string,
    readonly randomFsname: () => string,
  ) {}

  list(): SnapshotInfo[] {
    return listSnapshots(this.core.paths)
  }

  create(name: string, options: SnapshotOptions = {}): SnapshotInfo {
    const failed = `Can't create the snapshot ${name}`
    if (findSnapshot(this.core.paths, name)) throw new SnapshotError(17, [`The snapshot ${name} exists`, failed])
    if (/\s/.test(name)) throw new SnapshotError(2, [failed])
    if (name === '' || /[/@]/.test(name)) throw new SnapshotError(1, [failed])
    const faults = loadFaults(this.faultsPath)
    if (this.#barrierExpires(faults)) throw new SnapshotError(110, [failed])
    const createSeconds = this.core.seconds()
    const pieces = allRoles(this.core.config).filter((role) => !faults.missing_pieces?.includes(role))
    const fsname = this.randomFsname()
    const info = {
      name,
      fsname,
      createSeconds,
      modifySeconds: createSeconds,
      comment: options.comment ?? null,
      pieces,
      mounted: false,
      order: (this.list()[0]?.order ?? 0) + 1,
    }
    this.#copy(info)
    return info
  }

  #copy(info: SnapshotInfo): void {
    const { core } = this
    const mdtIndexes = core.logs.flatMap((_, at) => (info.pieces.includes(mdtName(at)) ? [at] : []))
    const ostCount = info.pieces.filter((role) => role.startsWith('OST')).length
    const { dir } = core.paths.snapshot(info.fsname)
    core.begin()
    try {
      copyForSnapshot(core, `${dir}.new`, { fsname: info.fsname, mdtCount: mdtIndexes.length, ostCount }, mdtIndexes)
      saveSnapshot(`${dir}.new`, info)
      renameSync(`${dir}.new`, dir)
    } finally {
      core.flush()
    }
  }

  #barrierExpires(faults: Faults): boolean {
    const left = faults.barrier_expiries ?? 0
    if (left <= 0) return false
    const { barrier_expiries: _, ...others } = faults
    saveFaults(this.faultsPath, left > 1 ? { ...others, barrier_expiries: left - 1 } : others)
    return true
  }

  #find(name: string, action: string): SnapshotInfo {
    const info = findSnapshot(this.core.paths, name)
    if (!info) throw new SnapshotError(22, [`Can't ${action} the snapshot ${name}: Invalid argument`])
    return info
  }

  /** On the servers; a client can mount it after that. */
  mount(name: string): SnapshotInfo {
    const info = this.#find(name, 'mount')
    const failures = loadFaults(this.faultsPath).mount_failures ?? []
    if (failures.includes(name) || failures.includes('*'))
      throw new SnapshotError(5, [`Can't mount the snapshot ${name}: Input/output error`])
    if (info.mounted) throw new SnapshotError(114, [`The snapshot ${name} has already been mounted by other`])
    return this.#update({ ...info, mounted: true })
  }

  umount(name: string): void {
    const info = this.#find(name, 'umount')
    if (!info.mounted) throw new SnapshotError(114, [`The snapshot ${name} has not been mounted`])
    this.#update({ ...info, mounted: false })
  }

  destroy(name: string, force = false): void {
    const failed = `Can't destroy the snapshot ${name}`
    const info = findSnapshot(this.core.paths, name)
    if (!info && force) throw new SnapshotError(22, [failed])
    if (!info) throw new SnapshotError(2, ["Miss snapshot piece on the OST0000. Use '-f' option if want to destroy it by force.", failed])
    if (info.mounted && !force) throw new SnapshotError(1, [failed])
    const { dir } = this.core.paths.snapshot(info.fsname)
    renameSync(dir, `${dir}.gone`)
    rmSync(`${dir}.gone`, { recursive: true })
  }

  modify(name: string, change: { readonly comment?: string; readonly newName?: string }): SnapshotInfo {
    const failed = `Can't modify the snapshot ${name}`
    if (change.comment === undefined && change.newName === undefined) {
      throw new SnapshotError(22, ['Miss options, nothing to be changed.', failed])
    }
    const info = findSnapshot(this.core.paths, name)
    if (!info) throw new SnapshotError(22, [failed])
    if (change.newName !== undefined && info.mounted)
      throw new SnapshotError(16, [`snapshot ${name} is mounted, can't be renamed.`, failed])
    if (change.newName !== undefined && findSnapshot(this.core.paths, change.newName)) throw new SnapshotError(1, [failed])
    return this.#update({
      ...info,
      name: change.newName ?? name,
      comment: change.comment ?? info.comment,
      modifySeconds: this.core.seconds(),
    })
  }

  #update(info: SnapshotInfo): SnapshotInfo {
    saveSnapshot(this.core.paths.snapshot(info.fsname).dir, info)
    return info
  }
}
