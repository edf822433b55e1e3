import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Identities } from '../backupmap/identities.js'
import { readShard } from '../backupmap/read-shard.js'
import { readEntries, type TouchedEntries } from './touched-run.js'
import { TouchedSet } from './touched-set.js'

const MANY = Number.POSITIVE_INFINITY
const NO_MIGRATIONS = new Identities(new Uint32Array(0))
/** FIDs that share words, neighbours and distant ones. */
const word = fc.constantFrom(0, 1, 2, 0x402, 0x10402, 0x80000000, 0xffffffff)
const fid = fc.oneof(
  fc.tuple(word, word, word, word).filter((words) => words.some((value) => value !== 0)),
  fc.integer({ min: 1, max: 150 }).map((oid): [number, number, number, number] => [0x402, 2, oid, 0]),
)
const touches = fc.array(fc.tuple(fid, fc.constantFrom(1, 2, 4, 8, 16, 256)), { maxLength: 400, size: 'max' })

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-touched-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

let sets = 0
function fill(entriesInMemory: number, sequence: readonly (readonly [readonly number[], number])[]): TouchedSet {
  const set = new TouchedSet({ entriesInMemory, folder, name: `s${sets++}` })
  for (const [words, bits] of sequence) {
    set.add(Uint32Array.from(words), 0, bits)
    set.spillIfFull()
  }
  return set
}

/** What is resolved of each shard. */
function shards(sources: readonly (readonly TouchedEntries[])[]) {
  return sources.map((entries) => {
    const { fids, bits } = readShard(entries, [], NO_MIGRATIONS)
    return { fids: [...fids], bits: [...bits] }
  })
}

describe('TouchedSet', () => {
  it('comes to the very same shards, in the same order, whatever went to disk and whoever read what', () => {
    fc.assert(
      fc.property(touches, fc.integer({ min: 20, max: 90 }), fc.integer({ min: 1, max: 9 }), fc.nat(400), (all, room, shardCount, cut) => {
        const whole = fill(MANY, all).export(shardCount)
        const halves = [all.slice(0, cut), all.slice(cut)].map((half) => fill(room, half).export(shardCount))
        const together = whole.map((_, shard) => halves.flatMap((half) => half[shard]!))
        expect(shards(together)).toEqual(shards(whole))
        const model = new Map<string, number>()
        for (const [words, bits] of all) model.set(words.join(), (model.get(words.join()) ?? 0) | bits)
        const found = shards(together).flatMap(({ fids, bits }) =>
          bits.map((bit, item) => [fids.slice(item * 4, item * 4 + 4).join(), bit]),
        )
        expect(new Map(found as [string, number][])).toEqual(model)
        expect(found).toHaveLength(model.size)
      }),
      { numRuns: 40 },
    )
  })

  it('keeps no more in memory than it may, and shows every entry', () => {
    const all = Array.from({ length: 100 }, (_, oid) => [[0x402, 2, oid + 1, 0], 1] as const)
    const set = fill(30, all)
    expect(readdirSync(folder)).toHaveLength(3)
    const seen: number[] = []
    set.visit((words, offset) => void seen.push(words[offset + 2]!))
    expect(seen.toSorted((a, b) => a - b)).toEqual(all.map(([words]) => words[2]))
    expect(set.count).toBe(100)
    expect(
      set
        .export(2)
        .flat()
        .every((entries) => !(entries instanceof Uint32Array)),
    ).toBe(true)
  })

  it('leaves out what was resolved before, wherever that lies', () => {
    const [done, all] = [
      fill(2, [
        [[0x402, 2, 1, 0], 1],
        [[0x402, 2, 3, 0], 2],
      ]),
      fill(
        MANY,
        [1, 2, 3].map((oid) => [[0x402, 2, oid, 0], 4]),
      ),
    ]
    const { fids } = readShard(all.export(1)[0]!, done.export(1)[0]!, NO_MIGRATIONS)
    expect([...fids]).toEqual([0x402, 2, 2, 0])
  })

  it('says what could not be written, and what was lost', () => {
    const touch = [[0x402, 2, 1, 0], 1] as const
    const nowhere = new TouchedSet({ entriesInMemory: 1, folder: join(folder, 'missing'), name: 'x' })
    nowhere.add(Uint32Array.from(touch[0]), 0, 1)
    expect(() => nowhere.spillIfFull()).toThrow(expect.objectContaining({ code: 'STATE_UNWRITABLE' }))
    const [[slice]] = fill(1, [touch]).export(1) as [[TouchedEntries]]
    truncateSync(join(folder, readdirSync(folder)[0]!), 8)
    expect(() => readEntries(slice)).toThrow(expect.objectContaining({ code: 'TOUCHED_UNREADABLE' }))
  })
})
