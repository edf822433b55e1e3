import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ContentParts } from './binding.js'
import { ECANCELED, EISDIR, ENOENT } from './errno.js'
import { packPaths } from './path-list.js'
import { builtAddon, bytes, makeTestRoot, type TestRoot } from './testing/test-root.js'

const addon = builtAddon()
const BLOCK = 4096
const MIB = 2 ** 20

let root: TestRoot
beforeEach(() => {
  root = makeTestRoot(addon)
})
afterEach(() => root[Symbol.dispose]())

type Row = readonly [name: string, size: number, start: number, end: number]

function partsOf(...rows: readonly Row[]): ContentParts {
  const column = (index: 1 | 2 | 3) => BigInt64Array.from(rows, (row) => BigInt(row[index]))
  return { paths: packPaths(rows.map(([name]) => bytes(name))), sizes: column(1), starts: column(2), ends: column(3) }
}

const digest = (parts: ContentParts, blockBytes = BLOCK, stop = new Int32Array(1)) =>
  addon.contentDigests(root.fd, parts, { blockBytes, inFlight: 3, stop })

const hex = (digests: Uint8Array, row: number) => Buffer.from(digests.subarray(row * 16, row * 16 + 16)).toString('hex')

/** That of its only block, or of the digests of its blocks. */
function expected(content: Buffer, blockBytes: number): string {
  const blocks = addon.xxh128Blocks(content, blockBytes)
  return (blocks.length <= 16 ? blocks : addon.xxh128Blocks(blocks, blocks.length)).toString('hex')
}

it.each([1, 240, 241, BLOCK, BLOCK + 1, 3 * BLOCK + 7])('hashes a part of %i bytes in its blocks', async (length) => {
  const content = Buffer.from(Array.from({ length: length + 10 }, (_, index) => index % 251))
  writeFileSync(join(root.path, 'f'), content)
  const columns = await digest(partsOf(['f', length + 10, 5, length + 5]))
  expect([columns.errno[0], columns.bytes[0]]).toEqual([0, BigInt(length)])
  expect(hex(columns.digests, 0)).toBe(expected(content.subarray(5, length + 5), BLOCK))
})

it('hashes a block that is read in several pieces, and holes as zeros', async () => {
  const content = Buffer.alloc(20 * MIB + 5)
  content.write('data over the edge of a block', 5 * MIB - 3)
  writeFileSync(join(root.path, 'f'), content)
  writeFileSync(join(root.path, 'sparse'), content.subarray(0, 6 * MIB))
  truncateSync(join(root.path, 'sparse'), content.length)
  const { digests } = await digest(
    partsOf(['f', content.length, 0, content.length], ['sparse', content.length, 0, content.length]),
    5 * MIB + 1,
  )
  expect([hex(digests, 0), hex(digests, 1)]).toEqual(new Array(2).fill(expected(content, 5 * MIB + 1)))
})

it('says of each part by itself what is wrong with it', async () => {
  writeFileSync(join(root.path, 'f'), 'content')
  const columns = await digest(partsOf(['none', 7, 0, 7], ['f', 9, 0, 9], ['f', 7, 0, 9], ['', 7, 0, 7], ['f', 7, 0, 7]))
  expect([...columns.errno]).toEqual([ENOENT, 0, 0, EISDIR, 0])
  expect([...columns.size]).toEqual([-1n, 7n, 7n, -1n, 7n])
  expect([...columns.bytes]).toEqual([0n, 0n, 7n, 0n, 7n])
})

it('stops where it is told to, and refuses what makes no sense', async () => {
  writeFileSync(join(root.path, 'f'), 'content')
  const part = partsOf(['f', 7, 0, 7])
  expect([...(await digest(part, BLOCK, Int32Array.of(1))).errno]).toEqual([ECANCELED])
  await expect(digest(part, 240)).rejects.toThrow(RangeError)
  await expect(digest(partsOf(['f', 7, 7, 0]))).rejects.toThrow(RangeError)
  await expect(digest({ ...part, ends: new BigInt64Array(0) })).rejects.toThrow(TypeError)
})
