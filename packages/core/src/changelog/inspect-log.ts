import type { Lustre } from '../lustre/lustre-port.js'
import { OFFSET, RECORD_FIXED_BYTES } from './record-layout.js'

/** What one MDT's log holds around the cursor of the base. */
export interface LogFacts {
  readonly mdt: string
  /** Last record that the base holds. */
  readonly cursor: bigint
  /** First record after the cursor; null = none. */
  readonly firstAfter: bigint | null
  /** First record of the log; null = it is empty. */
  readonly first: bigint | null
  /** The record of the cursor is still in the log. */
  readonly hasCursor: boolean
}

const PROBE_BYTES = 64 * 1024

export async function inspectLog(lustre: Lustre, mdt: string, mdtname: string, cursor: bigint): Promise<LogFacts> {
  const firstAfter = await firstRecno(lustre, mdtname, cursor + 1n)
  const first = await firstRecno(lustre, mdtname, 0n)
  const hasCursor = cursor > 0n && (await firstRecno(lustre, mdtname, cursor)) === cursor
  return { mdt, cursor, firstAfter, first, hasCursor }
}

/** Index of the first record from `startRecno` on; null = there is none. */
export async function firstRecno(lustre: Lustre, mdtname: string, startRecno: bigint): Promise<bigint | null> {
  const reader = lustre.openChangelog(mdtname, startRecno)
  try {
    const buffer = new Uint8Array(PROBE_BYTES)
    const length = await reader.read(buffer)
    return length < RECORD_FIXED_BYTES ? null : new DataView(buffer.buffer).getBigUint64(OFFSET.index, true)
  } finally {
    reader.close()
  }
}
