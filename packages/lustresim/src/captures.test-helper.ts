import { readFileSync } from 'node:fs'
import { CLF_EXTRA, CLF_JOBID, CLF_RENAME } from './record-types.js'

/** What one operation on a real Lustre 2.17 wrote; fixtures/captures.json has one a line. FIDs are by path within the operation's folder. */
export interface Capture {
  readonly operation: string
  readonly description: string
  readonly commands: readonly string[]
  readonly fidsBefore: Readonly<Record<string, string>>
  readonly fidsAfter: Readonly<Record<string, string>>
  /** The packed records in hex, by MDT. */
  readonly records: Readonly<Record<string, readonly string[]>>
  /** What `lfs changelog` printed. */
  readonly text: Readonly<Record<string, string>>
}

export const captures = JSON.parse(readFileSync(new URL('../fixtures/captures.json', import.meta.url), 'utf8')) as readonly Capture[]

/** Behind the zero of a job id or of an xattr's name, real records hold leftovers of earlier ones. */
export function withoutLeftovers(record: Buffer): Buffer {
  const clean = Buffer.from(record)
  const flags = clean.readUInt16LE(2)
  let at = 64 + (flags & CLF_RENAME ? 32 : 0)
  if (flags & CLF_JOBID) {
    clearTail(clean, at, 32)
    at += 32
  }
  const extra = flags & CLF_EXTRA ? clean.readUInt32LE(at) : 0
  if (extra & 0x8) clearTail(clean, at + 8 + 16 + 24 + (extra & 0x4 ? 4 : 0), 256)
  return clean
}

function clearTail(record: Buffer, start: number, size: number): void {
  record.fill(0, record.indexOf(0, start), start + size)
}
