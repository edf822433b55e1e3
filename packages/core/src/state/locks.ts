import { randomBytes } from 'node:crypto'
import { linkSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { crashPoint } from '../crash/crash-point.js'
import { EXIT, LustrebackupError } from '../errors/errors.js'
import type { Log } from '../log/log-types.js'
import { makeMetaFolders, syncFolder } from './durable.js'
import { holderState, type LockHolder, lockContent, ownHolder, parseLockRecord } from './lock-holder.js'
import type { MetaLayout } from './meta-layout.js'
import { loadState, replaceFile, writeSynced } from './state-file.js'

/** A lock that this process holds. */
export interface Lock {
  readonly name: string
  /** Safe to repeat. */
  release(): void
}

export interface LockContext {
  readonly layout: MetaLayout
  /** Told to whoever is kept out. */
  readonly command: string
  readonly log: Log
  readonly nowSeconds: number
}

/** More generations at once than any race makes: something keeps changing the folder. */
const MAX_ATTEMPTS = 100

/**
 * Takes a lock, after making the state folder if need be, or throws `LOCKED` (exit 3), which names the holder. One left by a process of this host that is gone is taken over, with a
 * line in the log; one of another host never is.
 *
 * A lock is a series of files `NAME.GENERATION.lock`, of which the highest counts. A new one is made complete, by link(2), so that two
 * processes never both make the same; a released one stays as a mark, so that the highest generation never falls and whoever makes an
 * older one, because he looked too early, finds out. No moment of dying does harm.
 */
export function acquireLock(name: string, context: LockContext): Lock {
  const { layout } = context
  makeMetaFolders(layout)
  const holder = ownHolder(context.command, context.nowSeconds)
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const highest = highestGeneration(layout, name)
    assertFree(name, highest, context)
    const own = highest + 1
    if (!makeGeneration(layout, name, own, holder)) continue
    if (highestGeneration(layout, name) === own) return heldLock(name, own, holder, layout)
    rmSync(layout.lock(name, own), { force: true })
  }
  throw new LustrebackupError('LOCKED', `cannot take the lock ${name}: other runs keep taking it`, { exitCode: EXIT.locked })
}

/** Who holds a lock now; null when it is free or its holder is dead. */
export function lockHolder(name: string, layout: MetaLayout): LockHolder | null {
  const holder = unreleasedHolder(layout, name, highestGeneration(layout, name))
  return holder !== null && holderState(holder) !== 'dead' ? holder : null
}

function heldLock(name: string, own: number, holder: LockHolder, layout: MetaLayout): Lock {
  for (const generation of generations(layout, name)) if (generation < own) rmSync(layout.lock(name, generation), { force: true })
  crashPoint('lock.taken', name)
  syncFolder(layout.folder('locks'))
  let held = true
  const release = () => {
    if (held) replaceFile(layout.lock(name, own), lockContent({ holder, released: true }))
    held = false
  }
  return { name, release }
}

function assertFree(name: string, generation: number, { layout, log }: LockContext): void {
  const holder = unreleasedHolder(layout, name, generation)
  if (holder === null) return
  const state = holderState(holder)
  if (state === 'dead') log.warning('taking over a lock that a dead process left behind', { lock: name, holder })
  else throw lockedBy(name, holder, state === 'alive' ? null : layout.lock(name, generation))
}

function unreleasedHolder(layout: MetaLayout, name: string, generation: number): LockHolder | null {
  const record = generation === 0 ? null : loadState(layout.lock(name, generation), parseLockRecord)
  return record === null || record.released ? null : record.holder
}

function lockedBy(name: string, holder: LockHolder, otherHostFile: string | null): LustrebackupError {
  const since = new Date(holder.since * 1000).toISOString()
  const who = `${holder.command}, process ${holder.pid} on ${holder.host}, since ${since}`
  const hint =
    otherHostFile === null
      ? 'wait until it has ended'
      : `it cannot be seen from here whether it still runs: look on ${holder.host}; if it does not, remove ${otherHostFile}`
  return new LustrebackupError('LOCKED', `another run holds the lock ${name}: ${who}`, { exitCode: EXIT.locked, hint })
}

/** False when somebody else made this generation first. */
function makeGeneration(layout: MetaLayout, name: string, generation: number, holder: LockHolder): boolean {
  const temporary = join(layout.folder('locks'), `.${name}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    writeSynced(temporary, lockContent({ holder, released: false }))
    crashPoint('lock.written', name)
    linkSync(temporary, layout.lock(name, generation))
    crashPoint('lock.linked', name)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(temporary, { force: true })
  }
}

function highestGeneration(layout: MetaLayout, name: string): number {
  return Math.max(0, ...generations(layout, name))
}

function generations(layout: MetaLayout, name: string): number[] {
  return entriesOf(layout.folder('locks')).flatMap((file) => {
    const match = /^(.+)\.([0-9]{1,15})\.lock$/.exec(file)
    return match?.[1] === name ? [Number(match[2])] : []
  })
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
