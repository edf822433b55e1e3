import { describe, expect, it } from 'vitest'
import { captures, withoutLeftovers } from './captures.test-helper.js'
import { type ChangelogRecord, decodeRecord, decodeRecords, encodeRecord, recordLength } from './record-codec.js'
import { formatRecord } from './record-text.js'

const all = captures.flatMap((capture) =>
  Object.values(capture.records)
    .flat()
    .map((hex) => Buffer.from(hex, 'hex')),
)

function encodeAgain(record: ChangelogRecord): Buffer {
  const { type, flags, tfid, pfid, sfid, spfid, jobid, xattr, openFlags, index, timeNs } = record
  const input = {
    type,
    flags,
    tfid,
    pfid,
    name: record.name.toString('latin1'),
    ...(sfid && spfid && { source: { fid: sfid, parent: spfid, name: record.sourceName?.toString('latin1') ?? '' } }),
    ...(openFlags !== null && { isOpen: true }),
    ...(xattr !== null && { xattr }),
  }
  return encodeRecord(input, { index, timeNs, jobid, uid: record.uid ?? 0, gid: record.gid ?? 0, nid: record.nid ?? 0n })
}

describe('changelog records', () => {
  it('are packed byte for byte as a real Lustre packs them', () => {
    expect(all.length).toBeGreaterThan(900)
    for (const record of all) expect(encodeAgain(decodeRecord(record, 0)).toString('hex')).toBe(withoutLeftovers(record).toString('hex'))
  })

  it('follow each other without padding', () => {
    expect(all.every((record) => recordLength(record, 0) === record.length)).toBe(true)
    expect(decodeRecords(Buffer.concat(all)).map((record) => record.index)).toEqual(all.map((record) => Number(record.readBigUInt64LE(8))))
  })

  // The captures hold lfs's output as text: names that are no UTF-8 did not survive there.
  const readable = captures.filter((capture) => capture.operation !== '83-names')
  it.each(readable.map((capture) => [capture.operation, capture] as const))(
    'are printed as lfs changelog prints them: %s',
    (_, capture) => {
      for (const [mdt, records] of Object.entries(capture.records)) {
        const text = Buffer.concat(records.map((hex) => formatRecord(decodeRecord(Buffer.from(hex, 'hex'), 0)))).toString()
        expect(text).toBe(capture.text[mdt])
      }
    },
  )
})
