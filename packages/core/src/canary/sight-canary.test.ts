import { expect, it } from 'vitest'
import { RecordType } from '../changelog/record-layout.js'
import { buildLog, type RecordSpec } from '../changelog/testing/build-record.js'
import { type Fid, ZERO_FID } from '../types/fid.js'
import type { CanaryMdt, CanaryType, ExpectedRecord } from './canary-types.js'
import { doubtInWords } from './doubts-plan.js'
import { CanarySightings } from './sight-canary.js'

const fid = (oid: number) => `[0x240000402:0x${oid.toString(16)}:0x0]` as Fid
const expected: readonly ExpectedRecord[] = (['CREAT', 'OPEN', 'CLOSE', 'RENME', 'UNLNK'] as const satisfies readonly CanaryType[]).map(
  (type, index) => ({ type, fid: fid(index + 1), path: type }),
)
const canary: CanaryMdt = { mdt: 'MDT0001', fromRecno: 5n, expected }

const RECORDS: readonly RecordSpec[] = [
  { type: RecordType.CREAT, tfid: fid(1), name: 'a' },
  { type: RecordType.OPEN, tfid: fid(2), flags: 0x42 },
  { type: RecordType.CLOSE, tfid: fid(3), flags: 0x2 },
  { type: RecordType.RENME, tfid: ZERO_FID, name: 'b', source: { fid: fid(4), parent: fid(9), name: 'a' } },
  { type: RecordType.UNLNK, tfid: fid(5), flags: 0x1, name: 'c' },
]

function missing(...chunks: readonly (readonly RecordSpec[])[]) {
  const sightings = new CanarySightings(canary)
  for (const chunk of chunks) sightings.look(buildLog(chunk))
  return sightings.missing()
}

it('finds every record, in any order, in any chunk, between others', () => {
  const others: readonly RecordSpec[] = [{ type: RecordType.SATTR, tfid: fid(1) }, { type: RecordType.MARK }]
  expect(missing([...others, ...RECORDS.slice(3)], [], [...RECORDS.slice(0, 3), ...others])).toBeNull()
})

it.each(expected.map((record, index) => [record.type, index] as const))('misses a %s record', (type, index) => {
  expect(missing(RECORDS.toSpliced(index, 1))).toEqual({ mdt: 'MDT0001', types: [type], isAll: false })
})

it.each<[string, RecordSpec]>([
  ['of another inode', { type: RecordType.OPEN, tfid: fid(7), flags: 0x42 }],
  ['of another inode with the same number', { type: RecordType.OPEN, tfid: '[0x200000402:0x2:0x0]' as Fid, flags: 0x42 }],
  ['of another type', { type: RecordType.TRUNC, tfid: fid(2) }],
  ['that only reads', { type: RecordType.OPEN, tfid: fid(2), flags: 0x1 }],
])('does not take one %s for it', (_, record) => {
  expect(missing(RECORDS.toSpliced(1, 1, record))).toMatchObject({ types: ['OPEN'] })
})

it('does not take the victim of a rename for what was moved', () => {
  const record: RecordSpec = { type: RecordType.RENME, tfid: fid(4), source: { fid: fid(8), parent: fid(9), name: 'a' } }
  expect(missing(RECORDS.toSpliced(3, 1, record))).toMatchObject({ types: ['RENME'] })
})

it('names the command that mends it', () => {
  expect(doubtInWords('src', 7, missing(RECORDS.slice(2))!)).toMatch(
    /MDT0001 lacks the CREAT, OPEN records .*lctl set_param -P mdd\.src-MDT0001\.changelog_mask="\+CREAT \+OPEN"/,
  )
  expect(missing()).toMatchObject({ isAll: true })
  expect(doubtInWords('src', 7, missing()!)).toMatch(/MDT0001 shows nothing .*lctl --device src-MDT0001 changelog_register/)
})
