import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { asBoolean, asCount, asFormat, asString } from './state-shape.js'

const FORMAT = 'lustrebackup-lock'
const VERSION = 1

/** Who holds a lock. Process start time and boot id tell a process from a later one with the same id. */
export interface LockHolder {
  readonly host: string
  readonly bootId: string
  readonly pid: number
  /** Clock ticks since boot, field 22 of /proc/PID/stat. */
  readonly startTicks: string
  readonly command: string
  /** Unix seconds. */
  readonly since: number
}

/** The holder that this process is. */
export function ownHolder(command: string, nowSeconds: number): LockHolder {
  const startTicks = processStartTicks(process.pid)
  if (startTicks === null) throw new Error('/proc/self/stat cannot be read')
  return { host: hostname(), bootId: bootId(), pid: process.pid, startTicks, command, since: nowSeconds }
}

/** What is known of a holder, seen from this host. */
export type HolderState = 'alive' | 'dead' | 'other-host'

export function holderState(holder: LockHolder): HolderState {
  if (holder.host !== hostname()) return 'other-host'
  if (holder.bootId !== bootId()) return 'dead'
  return processStartTicks(holder.pid) === holder.startTicks ? 'alive' : 'dead'
}

/** A lock file; `released` says that its holder has given it up. */
export interface LockRecord {
  readonly holder: LockHolder
  readonly released: boolean
}

export function lockContent({ holder, released }: LockRecord): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, ...holder, released })}\n`
}

export function parseLockRecord(value: unknown): LockRecord {
  const lock = asFormat(value, FORMAT, VERSION)
  const holder = {
    host: asString(lock.host, 'host'),
    bootId: asString(lock.bootId, 'bootId'),
    pid: asCount(lock.pid, 'pid'),
    startTicks: asString(lock.startTicks, 'startTicks'),
    command: asString(lock.command, 'command'),
    since: asCount(lock.since, 'since'),
  }
  return { holder, released: asBoolean(lock.released, 'released') }
}

/** Start time of a process; null when there is none with this id, or only a zombie is left of it. */
export function processStartTicks(pid: number): string | null {
  const stat = readIfThere(`/proc/${pid}/stat`)
  if (stat === null) return null
  // The name of the program stands in brackets and may hold blanks and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null)
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}
