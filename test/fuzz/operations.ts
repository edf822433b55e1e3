/**
 * What users, administrators and accidents do, as plain values: generated, shrunk, and printed as code that can be pasted into a table.
 * Paths are relative to the file system's root, one character a byte. What the tree does not allow has no effect.
 */
export type UserOperation =
  | readonly ['mkdir', path: string, mdt: number]
  /** So many folders with names of this length below each other, as far as paths go. */
  | readonly ['deep', path: string, levels: number, nameLength: number]
  | readonly ['rmdir', path: string]
  | readonly ['create', path: string]
  /** The whole content, through O_TRUNC, as a shell's `>` does. */
  | readonly ['write', path: string, data: string, how: Flushed]
  /** In place, so that size and mtime may stay. */
  | readonly ['overwrite', path: string, data: string, how: Flushed | 'cached']
  | readonly ['append', path: string, data: string]
  | readonly ['truncate', path: string, size: number]
  /** Data at this offset, and nothing before. */
  | readonly ['sparse', path: string, offset: number]
  /** A temporary file that is renamed over the path, as editors and rsync do. */
  | readonly ['save', path: string, data: string]
  /** Opens for writing; the handle keeps its number until it is closed. */
  | readonly ['open', handle: number, path: string]
  | readonly ['put', handle: number, data: string, how: Flushed]
  | readonly ['cut', handle: number, size: number]
  | readonly ['close', handle: number]
  | readonly ['link', from: string, to: string]
  /** So many links with long names, more than the link attribute holds. */
  | readonly ['links', from: string, directory: string, count: number]
  | readonly ['unlink', path: string]
  | readonly ['rename', from: string, to: string]
  | readonly ['swap', one: string, other: string]
  | readonly ['symlink', target: string, path: string]
  | readonly ['mknod', path: string, type: 'fifo' | 'socket' | 'char']
  /** Made, written and removed. */
  | readonly ['temporary', path: string]
  | readonly ['chmod', path: string, mode: number]
  | readonly ['chown', path: string, uid: number, gid: number]
  | readonly ['setxattr', path: string, name: string, value: string]
  | readonly ['removexattr', path: string, name: string]
  /** `setfacl -m`, and with `recorded` a chmod that leaves a record. */
  | readonly ['setfacl', path: string, entry: string, how: Recorded]
  | readonly ['default-acl', path: string, entry: string]
  /** After the MDTs have forgotten their inodes the change of times is recorded. */
  | readonly ['utimes', path: string, seconds: number, how: Recorded]
  | readonly ['migrate', path: string, mdt: number]
  | readonly ['sync']
  | readonly ['drop-open-cache']
  | readonly ['wait', seconds: number]

export type Flushed = 'flushed' | 'unflushed'
export type Recorded = 'recorded' | 'unrecorded'

export type BackupOperation =
  /** `hour`: so much later that nothing is young, and that all clients have written their data back. */
  | readonly ['snapshot', when: 'soon' | 'hour']
  | readonly ['map', kind: 'incremental' | 'full']
  /** A run of the target; what it finishes is compared with its snapshot. */
  | readonly ['backup']
  /** The next run of the target ends there, as if it were killed. */
  | readonly ['die-at', place: 'change' | 'program' | 'phase', count: number]
  /** The next source_done fails, before or after it was carried out. */
  | readonly ['lose-done', when: 'before' | 'after']
  | readonly ['abort']
  /** Something else changes the target's tree. What it did is repaired by the next full map at the latest. */
  | readonly ['damage', path: string, how: Damage]

/** `symlink`: the entry becomes one that leads out of the target's tree. */
export type Damage = 'remove' | 'grow' | 'directory' | 'symlink'

export type Operation = UserOperation | BackupOperation

/** How the site is set up. */
export interface Setting {
  readonly mdts: number
  /** `whole`: everything is backed up. `excluded`: with the state of the backup inside, at `m`. `folder`: only `p`; `both`: only `p`, with `p/m` excluded. */
  readonly area: 'whole' | 'excluded' | 'folder' | 'both'
  /** Files from this size on go through filediff. */
  readonly largeBytes: number
  /** In how many days everything is compared, whatever the changelogs say; 0 = never, `always` = in every run. */
  readonly compareDays: number | 'always'
  /** Bytes that a path may have, as if the calls took no more. */
  readonly reachBytes: number
}

/** The name that `links` gives to one of its links. */
export function longLinkPath(directory: string, index: number): string {
  return `${directory === '' ? '' : `${directory}/`}${'long'.repeat(25)}${String(index).padStart(3, '0')}`
}

const BACKUP_OPERATIONS = new Set<Operation[0]>(['snapshot', 'map', 'backup', 'die-at', 'lose-done', 'abort', 'damage'])

export function isBackupOperation(operation: Operation): operation is BackupOperation {
  return BACKUP_OPERATIONS.has(operation[0])
}

/** As code, to be pasted into a table of tests. */
export function showSequence(setting: Setting, operations: readonly Operation[]): string {
  const site = Object.entries(setting).map(([name, value]) => `${name}: ${showWord(value)}`)
  const lines = operations.map((operation) => `      [${operation.map(showWord).join(', ')}],`)
  return `  [\n    'what it is about',\n    { ${site.join(', ')} },\n    [\n${lines.join('\n')}\n    ],\n  ],`
}

function showWord(word: string | number): string {
  if (typeof word === 'number') return String(word)
  const escaped = JSON.stringify(word).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  return `'${escaped.replace(/[^\x20-\x7e]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)}'`
}
