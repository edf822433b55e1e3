import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { processStartTicks } from '../state/lock-holder.js'

/** What a restore calls its own folders by: process and start time, by which it is seen to be over. */
export interface ScratchOwner {
  readonly pid: number
  readonly startTicks: string
  /** Digest of the name of the host. */
  readonly host: string
}

const PREFIX = '.lustrebackup-restore-'
const NAME = /^\.lustrebackup-restore-([0-9]{1,10})-([0-9]{1,20})-([0-9a-f]{8})$/

export function ownScratch(): ScratchOwner {
  const startTicks = processStartTicks(process.pid)
  if (startTicks === null) throw new Error('/proc/self/stat cannot be read')
  return { pid: process.pid, startTicks, host: hostDigest() }
}

export function scratchName({ pid, startTicks, host }: ScratchOwner): Buffer {
  return Buffer.from(`${PREFIX}${pid}-${startTicks}-${host}`)
}

/** Whether a name is that of a scratch folder whose restore ran on this host and is over. */
export function isStaleScratch(name: Buffer, startTicksOf = processStartTicks): boolean {
  const match = NAME.exec(name.toString('latin1'))
  return match !== null && match[3] === hostDigest() && startTicksOf(Number(match[1])) !== match[2]
}

function hostDigest(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8)
}
