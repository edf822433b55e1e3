import { join } from 'node:path'

/** Folders under `meta_basepath`, in the order in which a first run makes them. */
export const META_FOLDERS = ['snapshot', 'changelog', 'backupmap', 'backup', 'verify', 'locks', 'canary', 'report', 'tmp'] as const

/** Symlinks under `meta_basepath`; their targets are relative. */
export const META_LINKS = [
  'last_snapshot',
  'last_backupmap',
  'last_backup',
  'last_verified',
  'inprogress_backupmap',
  'inprogress_backup',
  'between_backup',
] as const

export type MetaFolder = (typeof META_FOLDERS)[number]
export type MetaLink = (typeof META_LINKS)[number] | `inprogress_verify_${number}_${number}`

/** Where everything lies under one `meta_basepath`: names only, nothing is touched. */
export interface MetaLayout {
  readonly basepath: string
  folder(name: MetaFolder): string
  link(name: MetaLink): string
  /** Generation `generation` of a lock; see `acquireLock`. */
  lock(name: string, generation: number): string
  /** The list of snapshots as the MGS gave it last. */
  readonly snapshotList: string
  /** Record of a snapshot that this software made. */
  snapshot(timestamp: number): string
  /** What was done on the MDTs before a snapshot was made. */
  canary(number: number): string
  /** Folder of the map of a snapshot. */
  backupmap(timestamp: number): string
  /** Record of a backup, finished or in progress. */
  backup(timestamp: number): string
  verify(timestamp: number): string
  /** Report of a finished backup, for programs. */
  report(timestamp: number): string
  /** The same as a page for a browser. */
  reportPage(timestamp: number): string
}

export function metaLayout(basepath: string): MetaLayout {
  const record = (folder: MetaFolder) => (timestamp: number) => join(basepath, folder, `${timestamp}.json`)
  return {
    basepath,
    folder: (name) => join(basepath, name),
    link: (name) => join(basepath, name),
    lock: (name, generation) => join(basepath, 'locks', `${name}.${generation}.lock`),
    snapshotList: join(basepath, 'snapshot', 'list.json'),
    snapshot: record('snapshot'),
    canary: record('canary'),
    backupmap: (timestamp) => join(basepath, 'backupmap', String(timestamp)),
    backup: record('backup'),
    verify: record('verify'),
    report: record('report'),
    reportPage: (timestamp) => join(basepath, 'report', `${timestamp}.html`),
  }
}
