import { describe, expect, it } from 'vitest'
import { Migrations } from '../changelog/migrations.js'
import { OpenerTable } from '../changelog/opener-table.js'
import { type Fid, parseFid } from '../types/fid.js'
import { wordsOf } from './identities.js'
import { OpenerSet } from './opener-set.js'

const fid = (oid: number) => parseFid(`[0x200000402:0x${oid.toString(16)}:0x0]`)!
const NONE = new Migrations(new Uint32Array(0))
const DAY = 86_400

function interval(...opens: [Fid, number, number][]): OpenerTable {
  const table = new OpenerTable()
  opens.forEach(([of, uid, delta], index) => {
    table.add(Uint32Array.of(...wordsOf(of), uid, 0, 2), 0, delta, { low: index + 1, high: 0 })
  })
  return table
}

const previous = (of: Fid, openCount: number, since: number, uid = 0) => ({ fid: of, uid, gid: 0, flags: 2, openCount, since })
const states = (...of: [Fid, number][]) => Uint32Array.from(of.flatMap(([each, changed]) => [...wordsOf(each), changed]))

function show(set: OpenerSet, known: Uint32Array | null, timestamp: number, expireSeconds: number | null = null): string[] {
  return [...set.entries(known, timestamp, expireSeconds)].map(
    (entry) => `${entry.fid} uid ${entry.uid} x${entry.openCount} since ${entry.since}`,
  )
}

describe('OpenerSet', () => {
  it('drops a key when it is closed, and when S1 does not have the file', () => {
    const set = new OpenerSet(NONE)
    for (const oid of [1, 2, 3]) set.addPrevious(previous(fid(oid), 1, 100))
    set.addInterval(interval([fid(1), 0, -1], [fid(4), 0, 1]))
    expect(show(set, states([fid(2), 0], [fid(4), 0]), 200).toSorted()).toEqual([
      `${fid(2)} uid 0 x1 since 100`,
      `${fid(4)} uid 0 x1 since 200`,
    ])
  })

  it('remembers when the data changed last, and gives a key up after the limit', () => {
    const entry = previous(fid(1), 2, 100)
    const after = (changed: number, now: number) => {
      const set = new OpenerSet(NONE)
      set.addPrevious(entry)
      return show(set, states([fid(1), changed]), now, 30 * DAY)
    }
    expect(after(0, 100 + 30 * DAY)).toEqual([`${fid(1)} uid 0 x2 since 100`])
    expect(after(0, 101 + 30 * DAY)).toEqual([])
    expect(after(1, 101 + 30 * DAY)).toEqual([`${fid(1)} uid 0 x2 since ${101 + 30 * DAY}`])
  })

  it('does not let a close without its open count against a later open of another owner', () => {
    const set = new OpenerSet(NONE)
    set.addInterval(interval([fid(1), 0, -1], [fid(1), 1000, 1]))
    expect(show(set, null, 200)).toEqual([`${fid(1)} uid 1000 x1 since 200`])
  })

  it('does not let a close without its open count against a later open of the same key', () => {
    const set = new OpenerSet(NONE)
    set.addInterval(interval([fid(1), 0, -1], [fid(1), 0, 1]))
    expect(show(set, null, 200)).toEqual([`${fid(1)} uid 0 x1 since 200`])
  })

  it('sees that what was open before is closed and opened again', () => {
    const set = new OpenerSet(NONE)
    for (const oid of [1, 2]) set.addPrevious(previous(fid(oid), 1, 100))
    set.addInterval(interval([fid(1), 0, -1], [fid(1), 0, 1], [fid(2), 0, -1], [fid(2), 0, 1], [fid(2), 0, -1]))
    expect(show(set, null, 200)).toEqual([`${fid(1)} uid 0 x1 since 100`])
  })

  it('follows an inode to its new identity', () => {
    const set = new OpenerSet(new Migrations(Uint32Array.of(...wordsOf(fid(1)), ...wordsOf(fid(2)))))
    set.addPrevious(previous(fid(1), 1, 100))
    set.addInterval(interval([fid(2), 0, -1], [fid(1), 5, 1]))
    expect(show(set, null, 200)).toEqual([`${fid(2)} uid 5 x1 since 200`])
  })
})
