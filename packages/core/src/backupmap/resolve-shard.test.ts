import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RecordedName } from '../changelog/collect-names.js'
import { Touched } from '../changelog/touched-types.js'
import { type Fid, parseFid } from '../types/fid.js'
import type { PathBytes } from '../types/path-bytes.js'
import { sharedCounter } from '../workers/shared-counter.js'
import { Identities, wordsOf } from './identities.js'
import { PartWriter } from './part-writer.js'
import { resolveShard } from './resolve-shard.js'
import { SnapshotSide } from './snapshot-side.js'
import { type MemoryInode, memoryLustre } from './testing/memory-lustre.js'

const fid = (oid: number) => parseFid(`[0x200000402:0x${oid.toString(16)}:0x0]`)!
const ROOT: MemoryInode = { fid: parseFid('[0x200000007:0x1:0x0]')!, paths: [''], type: 'd' }
const FOLDER: MemoryInode = { fid: fid(0xd), paths: ['d'], type: 'd' }
const SHARED = { stop: new Int32Array(1), counter: sharedCounter() }
const area = { dataPath: Buffer.alloc(0) as unknown as PathBytes, metaBasepath: null, reachBytes: 4080 }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-resolve-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Resolves the touched FIDs between two snapshots of a root, a folder `d` and these inodes. */
async function resolve(
  s0: readonly MemoryInode[],
  s1: readonly MemoryInode[],
  touched: readonly (readonly [Fid, number])[],
  { folder: parent = FOLDER, names = null }: { folder?: MemoryInode; names?: readonly RecordedName[] | null } = {},
) {
  const { lustre, asked } = memoryLustre({ s0: [ROOT, parent, ...s0], s1: [ROOT, parent, ...s1] })
  const side = (name: string) => new SnapshotSide(lustre.openTree(name), area, (one) => one)
  const sides = { s0: side('s0'), s1: side('s1'), identities: new Identities(new Uint32Array(0)) }
  const entries = Uint32Array.from(touched.flatMap(([one, bits]) => [...wordsOf(one), bits]))
  const input = { entries: [entries], done: [], names }
  const { counts, failures } = await resolveShard(input, sides, new PartWriter(folder, 'w0'), SHARED)
  return { counts, failures, asked: asked.toSorted() }
}

const file = (oid: number, more: Partial<MemoryInode> = {}): MemoryInode => ({ fid: fid(oid), paths: [`d/f${oid}`], ...more })

describe('resolving asks for nothing that is known', () => {
  it('what the interval made is not looked up in S0', async () => {
    const { counts, asked } = await resolve([], [file(1)], [[fid(1), Touched.namespace | Touched.created]])
    expect(counts).toMatchObject({ touched: 1, created: 1 })
    expect(asked).toEqual(['s1 fid2path [0x200000402:0x1:0x0]', 's1 inspect d/f1', 's1 path2fid d'])
  })

  it('what lost its last link is not looked up in S1', async () => {
    const { counts, asked } = await resolve([file(1)], [], [[fid(1), Touched.namespace | Touched.lastLinkGone]])
    expect(counts).toMatchObject({ touched: 1, removed: 1 })
    expect(asked).toEqual(['s0 fid2path [0x200000402:0x1:0x0]', 's0 inspect d/f1', 's0 path2fid d'])
  })

  it('what was made and lost is not looked up at all', async () => {
    const { counts, asked } = await resolve([], [], [[fid(1), Touched.namespace | Touched.created | Touched.lastLinkGone]])
    expect(counts).toMatchObject({ touched: 1, temporary: 1 })
    expect(asked).toEqual([])
  })

  it('a folder is looked up once in each snapshot, however many batches lie in it', async () => {
    const files = Array.from({ length: 5000 }, (_, oid) => file(oid + 0x100))
    const { asked } = await resolve(
      files,
      files,
      files.map((one) => [one.fid, Touched.meta]),
    )
    expect(asked.filter((line) => line.endsWith('path2fid d'))).toEqual(['s0 path2fid d', 's1 path2fid d'])
    expect(asked.filter((line) => line.includes('fid2path'))).toHaveLength(2 * files.length)
  })

  it('data versions are read only where size and records leave it open', async () => {
    const s0 = [file(1, { version: 1n }), file(2, { size: 1n }), file(3), file(4, { version: 1n })]
    const s1 = [file(1, { version: 2n }), file(2, { size: 2n }), file(3), file(4, { version: 1n })]
    const bits = [Touched.data, Touched.data, Touched.meta, Touched.recheck]
    const { counts, asked } = await resolve(
      s0,
      s1,
      s1.map((one, index) => [one.fid, bits[index]!]),
    )
    expect(counts).toMatchObject({ touched: 4, kept: 4, data: 2, attributes: 1, unchanged: 1 })
    expect(asked.filter((line) => line.includes('dataVersion'))).toEqual([
      's0 dataVersion d/f1',
      's0 dataVersion d/f4',
      's1 dataVersion d/f1',
      's1 dataVersion d/f4',
    ])
  })
})

describe('what cannot be looked at is named, and the others are resolved', () => {
  const touched = [1, 2].map((oid) => [fid(oid), Touched.data] as const)
  const EIO = 5

  it('attributes', async () => {
    const { counts, failures } = await resolve([file(1), file(2)], [file(1, { lstatErrno: EIO }), file(2)], touched)
    expect(counts).toMatchObject({ touched: 2, kept: 1, failed: 1 })
    expect(JSON.stringify(failures)).toContain('lstat: EIO')
  })

  it('the folder of one of many links', async () => {
    const manyLinks = [file(1, { nlink: 3 }), { ...file(2), paths: ['e'] }]
    const { counts, failures } = await resolve(manyLinks, manyLinks, touched, { folder: { ...FOLDER, path2fidErrno: EIO }, names: [] })
    expect(counts).toMatchObject({ touched: 2, kept: 1, failed: 1 })
    expect(JSON.stringify(failures)).toContain('EIO')
  })
})
