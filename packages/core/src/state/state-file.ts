import { createHash, randomBytes } from 'node:crypto'
import { closeSync, constants, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { crashPoint } from '../crash/crash-point.js'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { syncFolder } from './durable.js'
import { unwritable } from './unwritable.js'

/** Turns what was in a state file into its type; throws an Error that says what is wrong with it. */
export type StateParser<T> = (value: unknown) => T

/** Replaces a state file, with a digest of what it holds. bigint is not JSON: convert it first (`jsonFromInt`). */
export function saveState(file: string, value: object): void {
  replaceFile(file, `${JSON.stringify({ ...value, digest: digestOf(value) }, null, 2)}\n`)
}

/** sha256 of the fields, in their order, without white space. */
function digestOf(value: object): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}

/**
 * Replaces a file: a temporary file in the same folder, fsync, rename, fsync of the folder, mode 0600.
 * Whoever reads sees the old content or the new one, also after a crash.
 */
export function replaceFile(file: string, content: string | Uint8Array): void {
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    writeSynced(temporary, content)
    crashPoint('state-file.written', file)
    renameSync(temporary, file)
    crashPoint('state-file.renamed', file)
    syncFolder(dirname(file))
    crashPoint('state-file.synced', file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw unwritable(file, error)
  }
}

/** All state but the tree and the snapshots can be made anew; what a lost file knew is found out by comparing everything. */
export const WITHOUT_IT =
  'Put it back from a copy of the same day; otherwise move it away, with the links in meta_basepath that point to it, make a snapshot and a full map on the source (lustrebackup_snapshot_create, lustrebackup_source_map --full), then run the backup again.'

/** The value in a state file, checked by `parse`; null when there is no such file. `STATE_DAMAGED` names the file. */
export function loadState<T>(file: string, parse: StateParser<T>): T | null {
  const text = readIfThere(file)
  if (text === null) return null
  try {
    return parse(withoutDigest(JSON.parse(text)))
  } catch (error) {
    throw new LustrebackupError('STATE_DAMAGED', `cannot use the state file ${file}: ${reasonOf(error)}`, {
      hint: `A disk, or somebody, has changed it. ${WITHOUT_IT}`,
      cause: error,
    })
  }
}

/** A digest that is there has to be right: a disk, or somebody, can change a number into another one. */
function withoutDigest(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('digest' in value)) return value
  const { digest, ...fields } = value
  if (digest !== digestOf(fields)) throw new Error('its digest is not that of what it holds')
  return fields
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new LustrebackupError('STATE_UNREADABLE', `cannot read ${file}: ${reasonOf(error)}`, { cause: error })
  }
}

/** Makes a new file, for root only, and flushes its content. */
export function writeSynced(file: string, content: string | Uint8Array): void {
  const descriptor = openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600)
  try {
    writeFileSync(descriptor, content)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
