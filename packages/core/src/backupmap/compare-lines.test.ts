import { packPaths } from '@lustrebackup/lustreapi/path-list'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fidAt } from '../types/fid.js'
import { type PathBytes, parsePath } from '../types/path-bytes.js'
import type { CompareEntry } from './backupmap-types.js'
import { encodeEntry } from './codec.js'
import { CompareLines } from './compare-lines.js'
import { type EntryRows, nodeAt } from './entry-rows.js'

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })
const bytes = fc.uint8Array({ minLength: 1, maxLength: 12 })
const word = fc.oneof(fc.constantFrom(0, 1, 0xffff_ffff), uint32)
/** Of every size, and around what a double holds exactly. */
const int63 = fc.oneof(fc.bigInt(0n, 2n ** 63n - 1n), fc.bigInt(2n ** 53n - 3n, 2n ** 53n + 3n), fc.bigInt(0n, 10n ** 6n))
const entry = fc.record({
  name: fc
    .oneof(fc.string({ minLength: 1, maxLength: 20 }).map(Buffer.from), bytes.map(Buffer.from))
    .filter((one) => parsePath(one) !== null),
  fid: fc.tuple(word, word, word, word),
  type: fc.constantFrom(0o010000, 0o020000, 0o040000, 0o060000, 0o100000, 0o120000, 0o140000),
  permissions: fc.integer({ min: 0, max: 0o7777 }),
  uid: uint32,
  gid: uint32,
  size: int63,
  mtimeNs: fc.oneof(
    int63,
    int63.map((time) => -time),
    fc.constant(1_700_000_000_000_000_000n),
  ),
  nlink: fc.integer({ min: 1, max: 0xffff_ffff }),
  rdev: fc.tuple(uint32, uint32),
  acl: fc.option(bytes.map(Buffer.from)),
  defaultAcl: fc.option(bytes.map(Buffer.from)),
  released: fc.boolean(),
  same: fc.boolean(),
})
type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never

function rowsOf(folder: string, entries: readonly Entry[]): EntryRows {
  const numbers = (of: (one: Entry) => number) => Uint32Array.from(entries, of)
  const zeros = new BigInt64Array(entries.length)
  const stats = {
    errno: new Int32Array(entries.length),
    mode: numbers(({ type, permissions }) => type | permissions),
    uid: numbers(({ uid }) => uid),
    gid: numbers(({ gid }) => gid),
    nlink: numbers(({ nlink }) => nlink),
    rdevMajor: numbers(({ rdev }) => rdev[0]),
    rdevMinor: numbers(({ rdev }) => rdev[1]),
    size: BigInt64Array.from(entries, ({ size }) => size),
    mtimeNs: BigInt64Array.from(entries, ({ mtimeNs }) => mtimeNs),
    blocks: zeros,
    ctimeNs: zeros,
    atimeNs: zeros,
    ino: new BigUint64Array(zeros),
    dev: new BigUint64Array(zeros),
  }
  const rowsWhere = (of: (one: Entry) => boolean) => new Set(entries.flatMap((one, row) => (of(one) ? [row] : [])))
  const acls = entries.map(({ acl, defaultAcl }) => [acl, defaultAcl] as const)
  return {
    paths: packPaths(entries.map(({ name }) => Buffer.concat([Buffer.from(folder), name]))),
    skip: folder.length,
    fids: new Uint8Array(Uint32Array.from(entries.flatMap(({ fid }) => fid)).buffer),
    attributes: {
      stats,
      acls: new Map([...acls.entries()].filter(([, [acl, defaultAcl]]) => acl !== null || defaultAcl !== null)),
      released: rowsWhere(({ released }) => released),
      failures: new Map(),
    },
  }
}

it('writes each entry as encodeEntry does', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 20 }), fc.constantFrom('', 'data/'), (entries, folder) => {
      const found = rowsOf(folder, entries)
      const rows = entries.map((_, row) => row).toReversed()
      const same = new Set(rows.filter((row) => entries[row]!.same))
      const directory = { kind: 'directory', fid: fidAt(new Uint8Array(16), 0), path: Buffer.from('d') as unknown as PathBytes } as const
      const expected: CompareEntry[] = [
        directory,
        ...rows.map((row): CompareEntry => ({ kind: 'entry', node: nodeAt(found, row), same: same.has(row) })),
        { kind: 'end', path: directory.path, entryCount: rows.length },
      ]
      const lines = new CompareLines()
      lines.addDirectory(directory, found, rows, same)
      const { bytes: written, lineCount } = lines.take()
      expect(written.toString()).toBe(expected.map((line) => `${encodeEntry('compare', line)}\n`).join(''))
      expect(lineCount).toBe(expected.length)
    }),
  )
})
