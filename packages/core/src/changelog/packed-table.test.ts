import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OpenerTable } from './opener-table.js'
import { PackedTable, shardOf } from './packed-table.js'

/** Few different words, so that keys collide and differ in any one word only. */
const word = fc.constantFrom(0, 1, 2, 3, 0x402, 0x80000000, 0xffffffff)
const fidWords = fc.tuple(word, word, word, word).filter((words) => words.some((value) => value !== 0))
const sequentialFid = fc.integer({ min: 1, max: 400 }).map((oid): [number, number, number, number] => [0x402, 2, oid, 0])
const anyFid = fc.oneof(fidWords, sequentialFid)

describe('PackedTable', () => {
  it('behaves like a Map under any sequence of insertions and removals', () => {
    const steps = fc.array(fc.tuple(anyFid, fc.boolean(), fc.integer({ min: 1, max: 1000 })), { maxLength: 600 })
    fc.assert(
      fc.property(steps, (sequence) => {
        const table = new PackedTable(4, 1)
        const model = new Map<string, number>()
        for (const [fid, isRemoval, value] of sequence) {
          const key = Uint32Array.from(fid)
          if (isRemoval) {
            const offset = table.find(key)
            expect(offset !== -1).toBe(model.delete(fid.join()))
            if (offset !== -1) table.remove(offset)
          } else {
            const offset = table.insert(key)
            table.words[offset + 4] = value
            model.set(fid.join(), value)
          }
        }
        const found = new Map<string, number>()
        table.visit((words, offset) => {
          found.set(words.slice(offset, offset + 4).join(), words[offset + 4]!)
        })
        expect(found).toEqual(model)
        expect(table.count).toBe(model.size)
        for (const [key, value] of model) expect(table.words[table.find(Uint32Array.from(key.split(',').map(Number))) + 4]).toBe(value)
      }),
    )
  })

  it('spreads sequential FIDs evenly over shards, neighbours together', () => {
    const counts = new Array<number>(8).fill(0)
    const shards: number[] = []
    for (let oid = 0; oid < 800_000; oid += 1) {
      const shard = shardOf(Uint32Array.of(0x402, 2, oid, 0), 0, 8)
      counts[shard]! += 1
      shards.push(shard)
    }
    for (const count of counts) expect(Math.abs(count - 100_000)).toBeLessThan(5000)
    expect(new Set(shards.slice(640, 704)).size).toBe(1)
  })
})

describe('TouchedTable', () => {
  it('takes a million entries in no more than 64 bytes each', () => {
    const table = new PackedTable(4, 1)
    for (let oid = 1; oid <= 1_000_000; oid += 1) table.insert(Uint32Array.of(0x402, 2, oid, 0))
    expect(table.count).toBe(1_000_000)
    expect(table.words.byteLength / table.count).toBeLessThanOrEqual(64)
  })
})

describe('OpenerTable', () => {
  const key = (uid: number, flags: number) => Uint32Array.of(0x402, 2, 9, 0, uid, 0, flags)

  const show = (table: OpenerTable) => {
    const counts: string[] = []
    table.visit((words, offset, count) => {
      counts.push(`uid ${words[offset + 4]} flags ${words[offset + 6]}: ${count}`)
    })
    return counts.toSorted()
  }

  it('counts per key, and forgets what was opened and closed', () => {
    const table = new OpenerTable()
    table.add(key(0, 2), 0, 1, { low: 1, high: 0 })
    table.add(key(1000, 2), 0, 1, { low: 2, high: 0 })
    table.add(key(1000, 2), 0, 1, { low: 3, high: 0 })
    table.add(key(0, 2), 0, -1, { low: 4, high: 0 })
    const merged = new OpenerTable()
    merged.merge(table.export())
    expect(show(merged)).toEqual(['uid 1000 flags 2: 2'])
    expect(merged.count).toBe(1)
  })

  it('is open exactly when the last record is an OPEN, whoever read which part of the log in which order', () => {
    const records = fc.array(fc.record({ opens: fc.boolean(), reader: fc.nat(2) }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(
        records,
        fc.bigInt({ min: 1n, max: 2n ** 60n }),
        fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
        (log, first, order) => {
          const readers = [0, 1, 2].map(() => new OpenerTable())
          // Lustre folds: an OPEN of an open key, or a CLOSE of a closed one but for the very first record, is never written.
          const folded = log.filter((record, index) => record.opens !== log[index - 1]?.opens)
          folded.forEach(({ opens, reader }, index) => {
            const recno = first + BigInt(index)
            readers[reader]!.add(key(0, 2), 0, opens ? 1 : -1, { low: Number(recno & 0xffffffffn), high: Number(recno >> 32n) })
          })
          const merged = new OpenerTable()
          for (const reader of order) merged.merge(readers[reader]!.export())
          const isOpen = show(merged).some((line) => !line.endsWith(': 0'))
          const last = folded.at(-1)!.opens
          // One that was closed may count as open for a while; one that is open never counts as closed.
          if (last) expect(isOpen).toBe(true)
          else if (new Set(folded.map(({ reader }) => reader)).size === 1) expect(isOpen).toBe(false)
        },
      ),
    )
  })
})
