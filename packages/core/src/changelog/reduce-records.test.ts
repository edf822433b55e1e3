import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Identities } from '../backupmap/identities.js'
import { readShard } from '../backupmap/read-shard.js'
import { type Fid, fidAt, packFids, parseFid, ZERO_FID } from '../types/fid.js'
import { collectNames } from './collect-names.js'
import { Migrations } from './migrations.js'
import { RecordType } from './record-layout.js'
import { reduceRecords } from './reduce-records.js'
import { Reduction } from './reduction.js'
import { buildLog, buildRecord, type RecordSpec } from './testing/build-record.js'
import { TouchedTable } from './touched-table.js'
import { Touched } from './touched-types.js'

const IN_MEMORY = { entriesInMemory: Number.POSITIVE_INFINITY, folder: '', name: '' }
const fid = (oid: number) => parseFid(`[0x200000402:0x${oid.toString(16)}:0x0]`)!
const [A, B, DIR, OTHER] = [fid(1), fid(2), fid(16), fid(17)]

function fidOf(words: Uint32Array, offset: number): Fid {
  const copy = words.slice(offset, offset + 4)
  return fidAt(new Uint8Array(copy.buffer), 0)
}

function wordsOf(...fids: Fid[]): Uint32Array {
  return new Uint32Array(Uint8Array.from(packFids(fids)).buffer)
}

const BIT_NAMES: [string, number][] = [
  ['namespace', Touched.namespace],
  ['data', Touched.data],
  ['meta', Touched.meta],
  ['created', Touched.created],
  ['gone', Touched.lastLinkGone],
]

/** "NAME: bits" for every touched FID, named by `names` where it has one. */
function show(reduction: Reduction, names: ReadonlyMap<string, string>): string[] {
  const lines: string[] = []
  reduction.touched.visit((words, offset, bits) => {
    const text = BIT_NAMES.flatMap(([name, bit]) => (bits & bit ? [name] : [])).join(' ')
    const touched = fidOf(words, offset)
    lines.push(`${names.get(touched) ?? touched}: ${text}`)
  })
  return lines.toSorted()
}

function reduced(specs: readonly RecordSpec[]): Reduction {
  const reduction = new Reduction(IN_MEMORY)
  reduceRecords(buildLog(specs), reduction)
  return reduction
}

const NAMES = new Map<string, string>([
  [A, 'A'],
  [B, 'B'],
  [DIR, 'DIR'],
  [OTHER, 'OTHER'],
])
const source = { fid: A, parent: OTHER, name: 'old' }

describe('reduceRecords', () => {
  it.each<[string, RecordSpec, string[]]>([
    ['CREAT', { type: RecordType.CREAT, tfid: A, pfid: DIR, name: 'a' }, ['A: namespace created', 'DIR: meta']],
    ['HLINK', { type: RecordType.HLINK, tfid: A, pfid: DIR, name: 'a' }, ['A: namespace meta', 'DIR: meta']],
    ['UNLNK of one link', { type: RecordType.UNLNK, tfid: A, pfid: DIR }, ['A: namespace meta', 'DIR: meta']],
    ['UNLNK of the last link', { type: RecordType.UNLNK, tfid: A, pfid: DIR, flags: 1 }, ['A: namespace meta gone', 'DIR: meta']],
    ['HLINK with the low bit', { type: RecordType.HLINK, tfid: A, pfid: DIR, flags: 1 }, ['A: namespace meta', 'DIR: meta']],
    ['RENME to a free name', { type: RecordType.RENME, pfid: DIR, name: 'n', source }, ['A: namespace', 'DIR: meta', 'OTHER: meta']],
    [
      'RENME over a last link',
      { type: RecordType.RENME, tfid: B, pfid: DIR, name: 'n', source, flags: 1 },
      ['A: namespace', 'B: namespace meta gone', 'DIR: meta', 'OTHER: meta'],
    ],
    ['OPEN to read', { type: RecordType.OPEN, tfid: A, pfid: DIR, flags: 0x1, openMode: 0xd001 }, []],
    ['OPEN to run', { type: RecordType.OPEN, tfid: A, pfid: DIR, flags: 0x5, openMode: 0xd005 }, []],
    ['CLOSE of a read', { type: RecordType.CLOSE, tfid: A, flags: 0x1 }, []],
    ['OPEN to write', { type: RecordType.OPEN, tfid: A, pfid: DIR, flags: 0x2, openMode: 0xd002 }, ['A: data']],
    ['OPEN to read with O_CREAT', { type: RecordType.OPEN, tfid: A, flags: 0x41, openMode: 0xd041 }, ['A: data']],
    ['OPEN to read with O_TRUNC', { type: RecordType.OPEN, tfid: A, flags: 0x201, openMode: 0xd201 }, ['A: data']],
    ['CLOSE of an append', { type: RecordType.CLOSE, tfid: A, flags: 0x400 }, ['A: data']],
    ['TRUNC', { type: RecordType.TRUNC, tfid: A, pfid: DIR, flags: 0xe }, ['A: data']],
    ['SATTR of the mode', { type: RecordType.SATTR, tfid: A, flags: 0x14 }, ['A: meta']],
    ['SATTR of the size', { type: RecordType.SATTR, tfid: A, flags: 0x8 }, ['A: data meta']],
    ['XATTR', { type: RecordType.XATTR, tfid: A, xattr: 'user.x' }, ['A: meta']],
    ['MTIME', { type: RecordType.MTIME, tfid: A }, ['A: data meta']],
    ['LYOUT', { type: RecordType.LYOUT, tfid: A, pfid: DIR }, ['A: data meta']],
    ['HSM', { type: RecordType.HSM, tfid: A, flags: 0x280 }, ['A: data']],
    ['MARK', { type: RecordType.MARK, tfid: A }, []],
    ['GXATR', { type: RecordType.GXATR, tfid: A }, []],
    ['MIGRT', { type: RecordType.MIGRT, tfid: B, pfid: DIR, name: 'n', source }, ['B: namespace', 'DIR: meta', 'OTHER: meta']],
    [
      'a type of the future',
      { type: 77, tfid: B, pfid: DIR, name: 'n', source },
      ['A: namespace data meta', 'B: namespace data meta', 'DIR: meta', 'OTHER: meta'],
    ],
  ])('%s', (_, spec, expected) => {
    expect(show(reduced([spec]), NAMES)).toEqual(expected)
  })

  it('counts the records and checks that their indexes rise by one, across 2^32 too', () => {
    const specs = Array.from({ length: 3 }, () => ({ type: RecordType.TRUNC, tfid: A }))
    const first = 2n ** 32n - 2n
    expect(reduceRecords(buildLog(specs, first), new Reduction(IN_MEMORY))).toEqual({
      recordCount: 3,
      firstRecno: first,
      lastRecno: first + 2n,
    })
    const gap = Buffer.concat([buildRecord({ type: RecordType.TRUNC, index: 7n }), buildRecord({ type: RecordType.TRUNC, index: 9n })])
    expect(() => reduceRecords(gap, new Reduction(IN_MEMORY))).toThrow('record 8 was expected, but record 9 came')
  })

  it('takes a record that is cut off anywhere for damage', () => {
    const record = buildRecord({ type: RecordType.RENME, tfid: B, pfid: DIR, name: 'new', source, openMode: 0, xattr: 'user.x' })
    for (let length = 1; length < record.length; length += 1) {
      expect(() => reduceRecords(record.subarray(0, length), new Reduction(IN_MEMORY)), `${length} bytes`).toThrow(
        /only \d+ bytes are left/,
      )
    }
    expect(reduceRecords(record, new Reduction(IN_MEMORY)).recordCount).toBe(1)
  })

  it('counts open writers per owner and flags; the bit of the open that made the file is not part of the key', () => {
    const { openers } = reduced([
      { type: RecordType.OPEN, tfid: A, flags: 0x4a, openMode: 0xd04a, uid: 1000, gid: 7 },
      { type: RecordType.CLOSE, tfid: A, flags: 0x42, uid: 1000, gid: 7 },
      { type: RecordType.OPEN, tfid: A, flags: 0x402, openMode: 0xd402, uid: 5 },
      { type: RecordType.OPEN, tfid: B, flags: 0x1, openMode: 0xd001, uid: 5 },
    ])
    const seen: string[] = []
    openers.visit((words, offset, count) => {
      seen.push(`${NAMES.get(fidOf(words, offset))} ${words.slice(offset + 4, offset + 7).join(' ')}: ${count}`)
    })
    expect(seen).toEqual([`A 5 0 ${0x402}: 1`])
  })

  it('reads the records of a running Lustre', () => {
    const shown: Record<string, string[]> = {}
    for (const { operation, logs, accounts, fids } of captures()) {
      const reduction = new Reduction(IN_MEMORY)
      for (const [mdt, raw] of Object.entries(logs)) {
        const account = reduceRecords(Buffer.from(raw, 'base64'), reduction)
        expect([Number(account.firstRecno), account.recordCount], `${operation} ${mdt}`).toEqual(accounts[mdt])
      }
      const names = new Map(Object.entries(fids.before).map(([path, at]) => [at, path]))
      for (const [path, at] of Object.entries(fids.after)) if (!names.has(at)) names.set(at, `${path} (new)`)
      shown[operation] = show(reduction, names)
      const gone = new Migrations(reduction.migrationPairs)
      shown[operation].push(...(gone.count > 0 ? [`${gone.count} migrated`] : []))
    }
    expect(shown).toMatchSnapshot()
  })
})

describe('Migrations', () => {
  it('joins chains whatever the order of the pairs', () => {
    const migrations = new Migrations(wordsOf(fid(2), fid(3), fid(1), fid(2), fid(3), fid(4), fid(8), fid(9)))
    const follow = (from: Fid, to: 'toNewest' | 'toOldest') => {
      const words = wordsOf(from)
      return migrations[to](words, 0) ? fidOf(words, 0) : null
    }
    expect([1, 2, 3, 4, 8, 5].map((oid) => follow(fid(oid), 'toNewest'))).toEqual([fid(4), fid(4), fid(4), null, fid(9), null])
    expect([1, 2, 3, 4, 9, 5].map((oid) => follow(fid(oid), 'toOldest'))).toEqual([null, fid(1), fid(1), fid(1), fid(8), null])
  })

  it('ignores a migration from nowhere or to nowhere', () => {
    const reduction = reduced([
      { type: RecordType.MIGRT, tfid: A, pfid: DIR, name: 'a', source: { ...source, fid: ZERO_FID } },
      { type: RecordType.MIGRT, tfid: ZERO_FID, pfid: DIR, name: 'a', source },
    ])
    expect(reduction.migrationPairs).toHaveLength(0)
  })

  it('refuses a circle', () => {
    expect(() => new Migrations(wordsOf(A, B, B, A))).toThrow(expect.objectContaining({ code: 'CHANGELOG_DAMAGED' }))
  })

  it('hands what happened under the old identity to the new one', () => {
    const reduction = reduced([
      { type: RecordType.TRUNC, tfid: A },
      { type: RecordType.MIGRT, tfid: B, pfid: DIR, name: 'n', source: { ...source, parent: DIR } },
    ])
    const migrations = new Migrations(reduction.migrationPairs)
    reduction.applyMigrations(migrations)
    const identities = new Identities(reduction.migrationPairs)
    const table = new TouchedTable()
    for (const shard of reduction.touched.export(3)) {
      const { fids, bits } = readShard(shard, [], identities)
      bits.forEach((bit, item) => void table.add(fids, item * 4, bit))
    }
    expect(table.bitsOf(wordsOf(A))).toBe(0)
    expect(table.bitsOf(wordsOf(B))).toBe(Touched.namespace | Touched.data)
    expect(table.bitsOf(wordsOf(DIR))).toBe(Touched.meta)
  })
})

describe('collectNames', () => {
  it('gives every place that was recorded for the wanted inodes, and no other', () => {
    const wanted = new TouchedTable()
    wanted.merge(Uint32Array.of(...wordsOf(A), 1))
    const log = buildLog([
      { type: RecordType.HLINK, tfid: A, pfid: DIR, name: 'one' },
      { type: RecordType.HLINK, tfid: B, pfid: DIR, name: 'no' },
      { type: RecordType.RENME, tfid: B, pfid: DIR, name: 'new', source: { fid: A, parent: OTHER, name: 'old' } },
      { type: RecordType.RENME, tfid: A, pfid: DIR, name: 'over', source: { fid: B, parent: OTHER, name: 'b' } },
      { type: RecordType.TRUNC, tfid: A, pfid: OTHER, name: 'no' },
      { type: RecordType.UNLNK, tfid: A, pfid: OTHER, name: 'gone', flags: 1 },
    ])
    const places = collectNames(log, wanted).map(
      ({ fid: of, parent, name }) => `${NAMES.get(fidAt(of, 0))} ${NAMES.get(fidAt(parent, 0))}/${Buffer.from(name)}`,
    )
    expect(places).toEqual(['A DIR/one', 'A DIR/new', 'A OTHER/old', 'A DIR/over', 'A OTHER/gone'])
  })
})

interface Capture {
  readonly operation: string
  readonly logs: Readonly<Record<string, string>>
  readonly accounts: Readonly<Record<string, readonly number[]>>
  readonly fids: { readonly before: Readonly<Record<string, string>>; readonly after: Readonly<Record<string, string>> }
}

function captures(): readonly Capture[] {
  return JSON.parse(readFileSync(new URL('./fixtures/captured-records.json', import.meta.url), 'utf8'))
}
