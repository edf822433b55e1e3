import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadAddon } from './load.js'

const loaded = loadAddon()
if (!loaded.ok) throw new Error(`${loaded.reason}: ${loaded.hint}`)
const { addon } = loaded

let folder: string
let fd: number
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustreapi-descriptors-'))
  fd = openSync(join(folder, 'file'), 'w+')
})
afterEach(() => {
  closeSync(fd)
  rmSync(folder, { recursive: true })
})

it('finds data and holes in a file of terabytes', () => {
  const tebibyte = 2n ** 40n
  addon.truncateTo(fd, 4n * tebibyte)
  expect(addon.seekData(fd, 0n)).toBeNull()
  expect(addon.seekHole(fd, 5n)).toBe(5n)
  addon.writeAt(fd, Buffer.alloc(4096, 1), 3n * tebibyte)
  expect(addon.seekData(fd, 0n)).toBe(3n * tebibyte)
  expect(addon.seekHole(fd, 3n * tebibyte)).toBe(3n * tebibyte + 4096n)
  expect(addon.seekHole(fd, 4n * tebibyte)).toBeNull()
  expect(fstatSync(fd, { bigint: true }).size).toBe(4n * tebibyte)
})

it('writes shared memory, and punches it out again', () => {
  const shared = Buffer.from(new SharedArrayBuffer(8192), 100, 8000)
  shared.fill(7)
  addon.writeAt(fd, shared, 4096n)
  const back = Buffer.alloc(8000)
  expect(readSync(fd, back, 0, 8000, 4096)).toBe(8000)
  expect(back.equals(shared)).toBe(true)
  addon.punchHole(fd, 0n, 8192n)
  expect(addon.seekData(fd, 0n)).toBe(8192n)
  expect(fstatSync(fd).size).toBe(12096)
})

it('says which call failed', () => {
  const readOnly = openSync(join(folder, 'file'), 'r')
  expect(() => addon.writeAt(readOnly, Buffer.alloc(1), 0n)).toThrow(/pwrite: EBADF/)
  expect(() => addon.truncateTo(fd, -1n)).toThrow(/ftruncate: EINVAL/)
  expect(() => addon.writeAt(fd, 'x' as unknown as Buffer, 0n)).toThrow(TypeError)
  closeSync(readOnly)
})

it('reads a pipe until memory is full or the writer has gone', () => {
  const { readFd, writeFd } = addon.openPipe(1024 * 1024)
  addon.widenPipe(writeFd, 2 * 1024 * 1024)
  addon.widenPipe(fd, 2 * 1024 * 1024)
  // More than a pipe holds unless it was made wider.
  expect(writeSync(writeFd, Buffer.alloc(200_000, 7))).toBe(200_000)
  closeSync(writeFd)
  const memory = Buffer.from(new SharedArrayBuffer(150_000))
  expect(addon.readFull(readFd, memory)).toBe(150_000)
  expect(memory.equals(Buffer.alloc(150_000, 7))).toBe(true)
  expect(addon.readFull(readFd, memory)).toBe(50_000)
  expect(addon.readFull(readFd, memory)).toBe(0)
  closeSync(readFd)
})

it('copies within the memory that it is given, shared or not', () => {
  const shared = Buffer.from(new SharedArrayBuffer(100))
  addon.copyBytes(Buffer.from('0123456789'), 2, shared, 90, 8)
  expect(shared.subarray(89).toString('latin1')).toBe('\0' + '23456789' + '\0\0')
  const back = Buffer.alloc(4)
  addon.copyBytes(shared, 94, back, 0, 4)
  expect(back.toString('latin1')).toBe('6789')
  expect(() => addon.copyBytes(back, 0, shared, 97, 4)).toThrow(RangeError)
  expect(() => addon.copyBytes(shared, 97, back, 0, 4)).toThrow(RangeError)
  expect(() => addon.copyBytes(back, 5, shared, 0, 0)).toThrow(RangeError)
})

describe('xxh128File', () => {
  const BLOCK = 4096
  const part = (length: number, offset = 0n) => ({ fd, offset, length, blockSize: BLOCK })
  const content = Buffer.concat([Buffer.alloc(BLOCK, 1), Buffer.alloc(BLOCK), Buffer.alloc(BLOCK, 3), Buffer.alloc(1000, 4)])

  it('gives the digests of the blocks in memory, and says which are zero', async () => {
    addon.writeAt(fd, content, 0n)
    const { digests, zero, bytes } = await addon.xxh128File(part(content.length))
    expect(Buffer.from(digests).equals(addon.xxh128Blocks(content, BLOCK))).toBe(true)
    expect([...zero]).toEqual([0, 1, 0, 0])
    expect(bytes).toBe(content.length)
  })

  it('keeps what is not as expected', async () => {
    addon.writeAt(fd, content, 0n)
    const memory = Buffer.from(new SharedArrayBuffer(content.length))
    await addon.xxh128File(part(content.length), memory)
    expect(memory.equals(content)).toBe(true)
    const expected = Buffer.from(addon.xxh128Blocks(content, BLOCK))
    expected[0]! ^= 1
    expected[48]! ^= 1
    memory.fill(9)
    await addon.xxh128File(part(content.length), memory, expected)
    expect(memory.subarray(0, BLOCK).equals(content.subarray(0, BLOCK))).toBe(true)
    expect(memory.subarray(3 * BLOCK).equals(content.subarray(3 * BLOCK))).toBe(true)
  })

  it('says where the file ends, and refuses what it cannot hash or keep', async () => {
    addon.writeAt(fd, content, 0n)
    expect((await addon.xxh128File(part(4 * BLOCK, BigInt(BLOCK)))).bytes).toBe(content.length - BLOCK)
    await expect(addon.xxh128File({ ...part(BLOCK), blockSize: 0 })).rejects.toThrow(RangeError)
    await expect(addon.xxh128File(part(BLOCK), Buffer.alloc(100))).rejects.toThrow(RangeError)
    await expect(addon.xxh128File(part(BLOCK), Buffer.alloc(BLOCK), Buffer.alloc(1))).rejects.toThrow(RangeError)
    await expect(addon.xxh128File({ ...part(BLOCK), fd: 9999 })).rejects.toThrow(/pread: EBADF/)
  })
})

it('finds extents, and joins those that are near to each other', async () => {
  const mebibyte = 2n ** 20n
  addon.truncateTo(fd, 64n * mebibyte)
  for (const at of [8n, 9n, 40n]) addon.writeAt(fd, Buffer.alloc(65536, 1), at * mebibyte)
  const end = 64n * mebibyte
  expect(await addon.findExtent(fd, 0n, end, 0n)).toEqual({ start: 8n * mebibyte, end: 8n * mebibyte + 65536n })
  expect(await addon.findExtent(fd, 0n, end, mebibyte)).toEqual({ start: 8n * mebibyte, end: 9n * mebibyte + 65536n })
  expect(await addon.findExtent(fd, 41n * mebibyte, end, 0n)).toBeNull()
})
