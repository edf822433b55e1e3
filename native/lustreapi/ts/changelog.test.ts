import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CHANGELOG_BUFFER_MIN } from './binding.js'
import { compileScriptedLibrary, type ScriptedLibrary } from './testing/scripted-library.js'
import { builtAddon, codeOf } from './testing/test-root.js'

const addon = builtAddon()
const RENAME = 0x2000
const JOBID = 0x4000
const EXTRA = 0x8000

let library: ScriptedLibrary
let folder: string
beforeAll(() => {
  library = compileScriptedLibrary()
  folder = mkdtempSync(join(tmpdir(), 'changelog-'))
  addon.openLustreapi([library.path])
})
afterAll(() => {
  library[Symbol.dispose]()
  rmSync(folder, { recursive: true })
})

/** A packed record; `extensionBytes` is what follows the fixed part, without the name. */
function record(index: number, flags: number, extension: Buffer = Buffer.alloc(0), name = `name${index}`): Buffer {
  const fixed = Buffer.alloc(64)
  fixed.writeUInt16LE(Buffer.byteLength(name), 0)
  fixed.writeUInt16LE(flags, 2)
  fixed.writeUInt32LE(1, 4)
  fixed.writeBigUInt64LE(BigInt(index), 8)
  return Buffer.concat([fixed, extension, Buffer.from(name)])
}

function extra(flags: bigint, size: number): Buffer {
  const extension = Buffer.alloc(8 + size)
  extension.writeBigUInt64LE(flags)
  return extension
}

/** Every combination of extensions that Lustre writes. */
const MIXED = [
  record(1, 0x1000),
  record(2, 0x1000 | JOBID, Buffer.alloc(32)),
  record(3, 0x1000 | EXTRA, extra(0x13n, 16 + 24)),
  record(4, 0x1000 | JOBID | EXTRA, Buffer.concat([Buffer.alloc(32), extra(0x17n, 16 + 24 + 4)])),
  record(5, 0x1000 | RENAME | JOBID | EXTRA, Buffer.concat([Buffer.alloc(64), extra(0x13n, 40)]), 'new\0old'),
  record(6, 0x1000 | EXTRA, extra(0x8n, 256), ''),
  record(7, 0x1000 | RENAME, Buffer.alloc(32), `${'n'.repeat(255)}\0${'o'.repeat(255)}`),
]

function makeLog(...parts: Buffer[]): string {
  const path = join(folder, `log${readdirSync(folder).length}`)
  writeFileSync(path, Buffer.concat(parts))
  return path
}

/** Reads a log to its end: the bytes of every read. */
async function readAll(path: string, bufferBytes: number): Promise<Buffer[]> {
  const log = addon.changelogOpen(path, 0n)
  const reads: Buffer[] = []
  const buffer = new Uint8Array(bufferBytes)
  for (let size = await log.read(buffer); size > 0; size = await log.read(buffer)) reads.push(Buffer.from(buffer.subarray(0, size)))
  log.close()
  return reads
}

it('reads whole records, however small the buffer', async () => {
  const records = Array.from({ length: 200 }, () => MIXED).flat()
  const path = makeLog(...records)
  const ends = new Set<number>([0])
  for (const one of records) ends.add(one.length + Math.max(...ends))
  for (const bufferBytes of [CHANGELOG_BUFFER_MIN, 5000, 1 << 20]) {
    const reads = await readAll(path, bufferBytes)
    expect(Buffer.concat(reads).equals(Buffer.concat(records))).toBe(true)
    let end = 0
    for (const read of reads) {
      end += read.length
      expect(ends.has(end)).toBe(true)
    }
  }
})

it('gives the same bytes when the size of the buffer changes between reads', async () => {
  const records = Array.from({ length: 50 }, () => MIXED).flat()
  const log = addon.changelogOpen(makeLog(...records), 0n)
  const reads: Buffer[] = []
  for (let round = 0, size = 1; size > 0; round++) {
    const buffer = new Uint8Array(round % 2 === 0 ? 1 << 16 : CHANGELOG_BUFFER_MIN)
    size = await addon.changelogRead(log, buffer)
    reads.push(Buffer.from(buffer.subarray(0, size)))
  }
  addon.changelogClose(log)
  expect(Buffer.concat(reads).equals(Buffer.concat(records))).toBe(true)
})

it('reads an empty log', async () => {
  expect(await readAll(makeLog(), 4096)).toEqual([])
})

it('reads on at the end when the log has grown', async () => {
  const path = makeLog(MIXED[0]!)
  const log = addon.changelogOpen(path, 0n)
  const buffer = new Uint8Array(4096)
  expect([await log.read(buffer), await log.read(buffer)]).toEqual([MIXED[0]!.length, 0])
  writeFileSync(path, MIXED[3]!, { flag: 'a' })
  expect([await log.read(buffer), await log.read(buffer)]).toEqual([MIXED[3]!.length, 0])
  log.close()
})

it.each([1, 63, 64, 70])('delivers what is whole and then refuses a log that ends %i bytes into a record', async (bytes) => {
  const log = addon.changelogOpen(makeLog(MIXED[0]!, MIXED[3]!.subarray(0, bytes)), 0n)
  const buffer = new Uint8Array(4096)
  expect(await log.read(buffer)).toBe(MIXED[0]!.length)
  await expect(log.read(buffer)).rejects.toMatchObject({ code: 'EBADMSG', message: expect.stringContaining('middle of a record') })
  log.close()
})

it.each([
  ['an impossible type', record(9, 0x1000).fill(0xff, 4, 8), 'impossible'],
  ['an impossible name', record(9, 0x1000).fill(0xff, 0, 2), 'impossible'],
  ['an unknown extension', record(9, 0x1000 | EXTRA, extra(0x20n, 0)), 'unknown extension'],
])('refuses %s, after what comes before it', async (_case, wrong, message) => {
  const log = addon.changelogOpen(makeLog(MIXED[0]!, wrong, MIXED[1]!), 0n)
  const buffer = new Uint8Array(1 << 16)
  expect(await log.read(buffer)).toBe(MIXED[0]!.length)
  await expect(log.read(buffer)).rejects.toMatchObject({ code: 'EPROTO', message: expect.stringContaining(message) })
  await expect(log.read(buffer)).rejects.toMatchObject({ code: 'EPROTO', message: expect.stringContaining(`at byte ${MIXED[0]!.length}`) })
  log.close()
})

it('refuses a buffer that is too small, or shared', async () => {
  const log = addon.changelogOpen(makeLog(MIXED[0]!), 0n)
  await expect(log.read(new Uint8Array(CHANGELOG_BUFFER_MIN - 1))).rejects.toThrow(RangeError)
  await expect(log.read(new Uint8Array(new SharedArrayBuffer(4096)))).rejects.toThrow(TypeError)
  expect(await log.read(new Uint8Array(4096))).toBe(MIXED[0]!.length)
  log.close()
})

it('loses nothing when a buffer is transferred away during a read', async () => {
  const log = addon.changelogOpen(makeLog(...MIXED), 0n)
  const buffer = new Uint8Array(4096)
  const reading = log.read(buffer)
  structuredClone(buffer, { transfer: [buffer.buffer] })
  await expect(reading).rejects.toMatchObject({ code: 'EINVAL', message: expect.stringContaining('transferred') })
  const again = new Uint8Array(4096)
  const size = await log.read(again)
  expect(Buffer.from(again.subarray(0, size)).equals(Buffer.concat(MIXED))).toBe(true)
  log.close()
})

it('reads one at a time, and not after close', async () => {
  const log = addon.changelogOpen(makeLog(...MIXED), 0n)
  const [first, second] = await Promise.allSettled([log.read(new Uint8Array(4096)), log.read(new Uint8Array(4096))])
  expect([first.status, second.status]).toEqual(['fulfilled', 'rejected'])
  expect(second).toMatchObject({ reason: { code: 'EBUSY' } })
  const reading = log.read(new Uint8Array(4096))
  log.close()
  log.close()
  await expect(reading).resolves.toBe(0)
  await expect(log.read(new Uint8Array(4096))).rejects.toMatchObject({ code: 'EBADF' })
})

it('says which MDT does not open', () => {
  expect(() => addon.changelogOpen('/nonexistent/src-MDT0000', 0n)).toThrow('llapi_changelog_start "/nonexistent/src-MDT0000": ENOENT')
  expect(codeOf(() => addon.changelogOpen(makeLog(), -1n))).toBe('EINVAL')
})

it('closes what was forgotten, and never leaves a descriptor behind', async () => {
  const path = makeLog(...MIXED)
  const openCount = () => readdirSync('/proc/self/fd').filter((fd) => linkOf(fd) === path).length
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let round = 0; round < 50; round++) await addon.changelogOpen(path, 0n).read(new Uint8Array(4096))
  // Finalizers run some turns after the collection that finds the objects.
  for (let turn = 0; turn < 100 && openCount() > 0; turn++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(openCount()).toBe(0)
})

it('never clears everything', async () => {
  for (const endRecno of [0n, -1n]) await expect(addon.changelogClear('src-MDT0000', 'cl1', endRecno)).rejects.toThrow(RangeError)
})

function linkOf(fd: string): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return null
  }
}
