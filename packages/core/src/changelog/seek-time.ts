import type { Lustre } from '../lustre/lustre-port.js'
import { OFFSET, RECORD_FIXED_BYTES } from './record-layout.js'

const PROBE_BYTES = 64 * 1024
const FIRST_STEP = 1024n

interface Probe {
  readonly recno: bigint
  readonly seconds: number
}

/**
 * A record from which on a log has to be read to see everything since `sinceSeconds` (unix): `from` itself, or a later one that is still older.
 * Looks at some dozens of records however long the log is: Lustre has no call that gives the last index, but a start beyond it is seen to be one.
 */
export async function seekTime(lustre: Lustre, mdtname: string, from: bigint, sinceSeconds: number): Promise<bigint> {
  let older = from
  const isOlder = async (recno: bigint) => {
    const probe = await probeAt(lustre, mdtname, recno)
    if (probe === null || probe.seconds >= sinceSeconds) return false
    older = probe.recno
    return true
  }
  let step = FIRST_STEP
  while (await isOlder(older + step)) step *= 2n
  // What is wanted lies between `older` and `older + step`.
  for (; step > 1n; step /= 2n) await isOlder(older + step / 2n)
  return older
}

/** The first record from `startRecno` on; null beyond the end of the log. */
async function probeAt(lustre: Lustre, mdtname: string, startRecno: bigint): Promise<Probe | null> {
  const reader = lustre.openChangelog(mdtname, startRecno)
  try {
    const buffer = new Uint8Array(PROBE_BYTES)
    if ((await reader.read(buffer)) < RECORD_FIXED_BYTES) return null
    const view = new DataView(buffer.buffer)
    return { recno: view.getBigUint64(OFFSET.index, true), seconds: Number(view.getBigUint64(OFFSET.time, true) >> 30n) }
  } finally {
    reader.close()
  }
}
