import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FilesystemConfig } from './fs-core.js'
import { type FilesystemPaths, mdtName, ostName } from './layout.js'

/** What the servers know about a snapshot. */
export interface SnapshotInfo {
  readonly name: string
  /** The snapshot's own file system name: eight hex digits. */
  readonly fsname: string
  readonly createSeconds: number
  readonly modifySeconds: number
  /** null without a comment: an absent line in `snapshot_list`. */
  readonly comment: string | null
  /** The roles that have a piece: `MGS`, `MDT0000`, `OST0000`, … */
  readonly pieces: readonly string[]
  readonly mounted: boolean
  /** Rises with every snapshot: keeps those of the same second in order. */
  readonly order: number
}

export function allRoles(config: FilesystemConfig): string[] {
  const mdts = Array.from({ length: config.mdts }, (_, at) => mdtName(at))
  const osts = Array.from({ length: config.osts }, (_, at) => ostName(at))
  return ['MGS', ...mdts, ...osts]
}

/** All snapshots of a file system, newest first. */
export function listSnapshots(paths: FilesystemPaths): SnapshotInfo[] {
  const names = existsSync(paths.snapshots) ? readdirSync(paths.snapshots) : []
  return names
    .filter((name) => existsSync(join(paths.snapshots, name, 'info.json')))
    .map((name) => JSON.parse(readFileSync(join(paths.snapshots, name, 'info.json'), 'utf8')) as SnapshotInfo)
    .sort((a, b) => b.order - a.order)
}

export function findSnapshot(paths: FilesystemPaths, name: string): SnapshotInfo | null {
  return listSnapshots(paths).find((info) => info.name === name) ?? null
}

export function saveSnapshot(dir: string, info: SnapshotInfo): void {
  writeFileSync(join(dir, 'info.json.new'), `${JSON.stringify(info)}\n`)
  renameSync(join(dir, 'info.json.new'), join(dir, 'info.json'))
}
