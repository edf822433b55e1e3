import type { Lustre } from '../lustre/lustre-port.js'
import { firstRecno } from './inspect-log.js'

const FIRST_STEP = 1024n

/**
 * Index of the last record of a log; null when there is none after `from`. Looks at some dozens of records however long the log is: Lustre
 * has no call that gives the last index, but a start beyond it is seen to be one.
 */
export async function lastRecno(lustre: Lustre, mdtname: string, from: bigint): Promise<bigint | null> {
  let last = await firstRecno(lustre, mdtname, from)
  if (last === null) return null
  const reaches = async (recno: bigint) => {
    const found = await firstRecno(lustre, mdtname, recno)
    if (found === null) return false
    last = found
    return true
  }
  let step = FIRST_STEP
  while (await reaches(last + step)) step *= 2n
  for (; step > 1n; step /= 2n) await reaches(last + step / 2n)
  return last
}
