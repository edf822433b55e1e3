import { type Fid, formatFid } from './fid.js'
import type { ChangelogRecord } from './record-codec.js'

const EXTRA_NID_BE = 0x10

/** One record as `lfs changelog` prints it, with the line's end. Names are raw bytes: a newline in one breaks the line, as in the real tool. */
export function formatRecord(record: ChangelogRecord): Buffer {
  const { seconds, nanoseconds } = splitTime(record.timeNs)
  const time = new Date(seconds * 1000).toISOString()
  const words = [
    String(record.index),
    `${String(record.type).padStart(2, '0')}${record.typeName.padEnd(5)}`,
    `${time.slice(11, 19)}.${String(nanoseconds).padStart(9, '0')}`,
    time.slice(0, 10).replaceAll('-', '.'),
    `0x${record.flags.toString(16)}`,
    `t=${printFid(record.tfid)}`,
  ]
  if (record.jobid !== null && record.jobid !== '') words.push(`j=${record.jobid}`)
  words.push(
    `ef=0x${(record.extraFlags | EXTRA_NID_BE).toString(16)}`,
    `u=${record.uid}:${record.gid}`,
    `nid=${formatNid(record.nid ?? 0n)}`,
  )
  if (record.openFlags !== null) words.push(`m=${formatMode(record.openFlags)}`)
  if (record.xattr !== null) words.push(`x=${record.xattr}`)
  const parts: (string | Buffer)[] = [words.join(' ')]
  if (!isZero(record.pfid)) parts.push(` p=${printFid(record.pfid)}`)
  if (record.name.length > 0) parts.push(' ', record.name)
  if (record.sfid && record.spfid) parts.push(` s=${printFid(record.sfid)} sp=${printFid(record.spfid)} `, record.sourceName ?? '')
  return Buffer.concat([...parts, '\n'].map((part) => Buffer.from(part)))
}

function splitTime(timeNs: bigint) {
  return { seconds: Number(timeNs / 1_000_000_000n), nanoseconds: Number(timeNs % 1_000_000_000n) }
}

const isZero = (fid: Fid) => fid.seq === 0 && fid.oid === 0

/** lfs prints the sequence of the zero FID without 0x. */
const printFid = (fid: Fid) => (isZero(fid) ? '[0:0x0:0x0]' : formatFid(fid))

/** The network is in the upper half: 9 is lo, 2 is tcp. */
function formatNid(nid: bigint): string {
  const network = Number(nid >> 48n)
  if (network === 9) return '0@lo'
  if (network !== 2) return `0@<${network}:${(nid >> 32n) & 0xffffn}>`
  const address = Number(nid & 0xffffffffn)
  const instance = Number((nid >> 32n) & 0xffffn)
  return `${[24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.')}@tcp${instance === 0 ? '' : instance}`
}

function formatMode(flags: number): string {
  return `${flags & 0x1 ? 'r' : '-'}${flags & 0x2 ? 'w' : '-'}${flags & 0x4 ? 'x' : '-'}`
}
