import { constants, fchmodSync, fstatSync, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Lustreapi } from '@lustrebackup/lustreapi/binding'
import { EXIT, LustrebackupError, reasonOf } from '../errors/errors.js'
import { joinPath } from '../types/path-bytes.js'
import { bytesOfPlain, plainPath } from '../types/plain-path.js'
import { PRIVATE_MODE, UNFINISHED_MODE } from './restore-folder.js'

const OTHERS_WRITE = 0o022
const MAX_SYMLINKS = 40
const SLASH = '/'

/** A folder, split where others than root begin to have a say in what its path leads to. */
interface TrustedSplit {
  /** Reached through folders only root can change; its symlinks are followed. */
  readonly base: Buffer
  /** Below it: no symlink is followed. */
  readonly rest: readonly Buffer[]
}

/**
 * Opens the folder that is restored into, beneath which nothing is followed any more. A symlink on the way is followed only if nobody but root could
 * have made it. `create`: what is missing of it is made, for root only; otherwise null.
 */
export function openDestination(api: Lustreapi, dir: string, create: boolean): number | null {
  const { base, rest } = splitTrusted(absolute(dir))
  const said = JSON.stringify(dir)
  let fd = attempt(said, () => api.openRoot(base))
  for (const [index, name] of rest.entries()) {
    const above = fd
    try {
      const below = openBelow(api, above, name, create ? (index === rest.length - 1 ? UNFINISHED_MODE : PRIVATE_MODE) : null, said)
      if (below === null) return null
      fd = below
    } finally {
      api.closeRoot(above)
    }
  }
  return fd
}

/** Folders of this host that nothing may be restored into, nor beneath: the backup itself. As `dev:ino`; those that are not there are left out. */
export function identitiesOf(folders: readonly string[]): ReadonlySet<string> {
  return new Set(
    folders.flatMap((folder) => {
      const stat = statSync(folder, { bigint: true, throwIfNoEntry: false })
      return stat === undefined ? [] : [`${stat.dev}:${stat.ino}`]
    }),
  )
}

/** Refuses a destination that is, or lies in, one of the forbidden folders. */
export function assertOutside(fd: number, dir: string, forbidden: ReadonlySet<string>): void {
  for (let folder = realpathSync(`/proc/self/fd/${fd}`); ; folder = resolve(folder, '..')) {
    const { dev, ino } = statSync(folder, { bigint: true })
    if (forbidden.has(`${dev}:${ino}`)) {
      throw new LustrebackupError('RESTORE_INTO_BACKUP', `restoring into ${JSON.stringify(dir)}: ${folder} belongs to the backup itself`, {
        exitCode: EXIT.usage,
        hint: 'Restore into a folder outside of data_path, meta_basepath and snapshot_home of the target.',
      })
    }
    if (folder === SLASH) return
  }
}

function absolute(dir: string): Buffer {
  const bytes = bytesOfPlain(dir)
  const path = bytes[0] === SLASH.charCodeAt(0) ? bytes : Buffer.concat([Buffer.from(`${process.cwd()}/`), bytes])
  if (path.includes(0) || componentsOf(path).some((name) => name.equals(Buffer.from('..')))) {
    throw new LustrebackupError('USAGE', `--to ${JSON.stringify(dir)}: write the folder without ".."`, { exitCode: EXIT.usage })
  }
  return path
}

function componentsOf(path: Buffer): Buffer[] {
  const names = path.toString('latin1').split(SLASH)
  return names.filter((name) => name !== '' && name !== '.').map((name) => Buffer.from(name, 'latin1'))
}

function splitTrusted(path: Buffer): TrustedSplit {
  let base = Buffer.from(SLASH)
  let rest = componentsOf(path)
  for (let symlinks = 0; rest.length > 0 && isRootsOnly(base); ) {
    const next = Buffer.from(joinPath(base.length === 1 ? Buffer.alloc(0) : base, rest[0]!))
    const full = base.length === 1 ? Buffer.concat([base, next]) : next
    const stat = lstatSync(full, { throwIfNoEntry: false })
    if (stat?.isDirectory()) {
      base = full
      rest = rest.slice(1)
    } else if (stat?.isSymbolicLink() && symlinks < MAX_SYMLINKS) {
      symlinks += 1
      const target = readlinkSync(full, { encoding: 'buffer' })
      rest = [...componentsOf(target), ...rest.slice(1)]
      if (target[0] === SLASH.charCodeAt(0)) base = Buffer.from(SLASH)
    } else break
  }
  return { base, rest }
}

function isRootsOnly(folder: Buffer): boolean {
  const { uid, mode } = statSync(folder)
  return uid === 0 && (mode & OTHERS_WRITE) === 0
}

function openBelow(api: Lustreapi, parent: number, name: Buffer, makeMode: number | null, said: string): number | null {
  const open = () => api.openFile(parent, name, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    return open()
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ELOOP') throw throughSymlink(said, name)
    if (code !== 'ENOENT') throw unusable(said, error)
    if (makeMode === null) return null
  }
  return attempt(said, () => {
    api.mkdir(parent, name, PRIVATE_MODE)
    const fd = open()
    if (fstatSync(fd).uid !== process.geteuid?.()) throw new Error('somebody made another folder there meanwhile')
    fchmodSync(fd, makeMode!)
    return fd
  })
}

function attempt<T>(said: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw unusable(said, error)
  }
}

function throughSymlink(said: string, name: Buffer): LustrebackupError {
  return new LustrebackupError(
    'RESTORE_THROUGH_SYMLINK',
    `restoring into ${said}: ${plainPath(name)} is a symlink that others than root can change`,
    {
      hint: 'Name the folder by its real path (realpath), after looking where that leads.',
    },
  )
}

function unusable(said: string, error: unknown): LustrebackupError {
  return new LustrebackupError('RESTORE_FOLDER', `restoring into ${said}: the folder cannot be used: ${reasonOf(error)}`, {
    hint: 'Name another folder with --to, or mend this one.',
    cause: error,
  })
}
