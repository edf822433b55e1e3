import { execFileSync } from 'node:child_process'
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BlockPool } from './block-job-types.js'
import { overPipe } from './data-channel.js'
import { CHECKSUMS } from './filediff-types.js'
import { plainChannels, type SourceChannels } from './source-channels-port.js'
import { cutAfter, flipAt, inlineBlockPool, openLoopback } from './testing/loopback-source.js'
import { transfer } from './testing/transfer-harness.js'

const BLOCK = 4096
let folder: string
let source: string
let target: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-filediff-'))
  source = join(folder, 'source')
  target = join(folder, 'target')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Pieces of a file: bytes of a value, or a hole. */
interface Part {
  readonly bytes: number
  readonly fill: number | null
}

function make(path: string, parts: readonly Part[]): void {
  const fd = openSync(path, 'w')
  let at = 0
  for (const { bytes, fill } of parts) {
    if (fill !== null) writeSync(fd, Buffer.alloc(bytes, fill), 0, bytes, at)
    at += bytes
  }
  ftruncateSync(fd, at)
  closeSync(fd)
}

const parts = fc.array(
  fc.record({
    bytes: fc.oneof(fc.constantFrom(1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 40 * BLOCK), fc.integer({ min: 1, max: 20_000 })),
    fill: fc.constantFrom(null, null, 0, 1, 2),
  }),
  { maxLength: 8 },
)

describe('any file becomes any other', () => {
  it('whatever both hold, in every size, with holes', async () => {
    await fc.assert(
      fc.asyncProperty(parts, parts, fc.constantFrom(BLOCK, 3 * BLOCK, 64 * 1024), async (from, to, blockSize) => {
        make(source, from)
        make(target, to)
        const pendingLimit = 1 + (from.length % 3) * 7
        const result = await transfer({ source, target, blockSize, pendingLimit })
        expect(readFileSync(target).equals(readFileSync(source))).toBe(true)
        expect(result.sameBytes + result.zeroBytes + result.dataBytes).toBe(BigInt(statSync(source).size))
        const again = await transfer({ source, target, blockSize })
        expect(again.dataBytes).toBe(0n)
        expect(again.digest).toBe(result.digest)
      }),
      { numRuns: 150, timeout: 300_000 },
    )
  })

  it('cut at any byte in either direction, and resumed with what was kept', async () => {
    await fc.assert(
      fc.asyncProperty(parts, parts, fc.nat(60_000), fc.boolean(), async (from, to, cut, towardsTarget) => {
        make(source, from)
        make(target, to)
        const kept = join(folder, 'kept')
        rmSync(kept, { force: true })
        const stream = cutAfter(cut + 1)
        const channel = () => openLoopback(source, towardsTarget ? { toTarget: stream } : { toSource: stream })
        await transfer({ source, target, channel, kept }).catch((error: unknown) => {
          expect(error).toMatchObject({ code: expect.stringMatching(/^FILEDIFF_(SOURCE_GONE|TARGET_GONE|PROTOCOL)$/) })
        })
        await transfer({ source, target, kept })
        expect(readFileSync(target).equals(readFileSync(source))).toBe(true)
        const unchanged = await transfer({ source, target, kept })
        expect(unchanged.dataBytes).toBe(0n)
      }),
      { numRuns: 150, timeout: 300_000 },
    )
  })

  it('with a bit flipped anywhere on the way to the target: an error, or the right content', async () => {
    await fc.assert(
      fc.asyncProperty(parts, parts, fc.nat(20_000), async (from, to, position) => {
        make(source, from)
        make(target, to)
        const channel = () => openLoopback(source, { toTarget: flipAt(position) })
        const outcome = await transfer({ source, target, channel, expectedSize: BigInt(statSync(source).size) }).catch((error: unknown) => {
          expect(error).toMatchObject({ code: expect.stringMatching(/^FILEDIFF_/) })
          return null
        })
        if (outcome !== null) expect(readFileSync(target).equals(readFileSync(source))).toBe(true)
      }),
      { numRuns: 150, timeout: 300_000 },
    )
  })
})

it.each(CHECKSUMS)('%s finds what differs', async (checksum) => {
  make(source, [{ bytes: 100_000, fill: 1 }])
  make(target, [
    { bytes: 50_000, fill: 1 },
    { bytes: 60_000, fill: 2 },
  ])
  const result = await transfer({ source, target, checksum })
  expect(readFileSync(target).equals(readFileSync(source))).toBe(true)
  expect(result.sameBytes).toBe(12n * 4096n)
})

describe('holes', () => {
  it('stay holes, and are made where the source has them', async () => {
    make(source, [
      { bytes: 64 * 1024, fill: 1 },
      { bytes: 1024 * 1024, fill: null },
      { bytes: 64 * 1024, fill: 1 },
    ])
    make(target, [{ bytes: 2 * 1024 * 1024, fill: 3 }])
    await transfer({ source, target })
    expect(readFileSync(target).equals(readFileSync(source))).toBe(true)
    expect(statSync(target).blocks * 512).toBe(128 * 1024)
  })

  it('within a block are not filled', async () => {
    make(source, [
      { bytes: 4096, fill: 1 },
      { bytes: 1024 * 1024 - 8192, fill: null },
      { bytes: 4096, fill: 1 },
    ])
    writeFileSync(target, '')
    await transfer({ source, target, blockSize: 1024 * 1024 })
    expect(readFileSync(target).equals(readFileSync(source))).toBe(true)
    expect(statSync(target).blocks * 512).toBe(8192)
  })
})

it('copies a sparse file of 5 TiB with data at a few places, through several channels', async () => {
  const tebibyte = 2 ** 40
  const places = [0, 3 * tebibyte - 4096, 3 * tebibyte, 5 * tebibyte - 10]
  const fd = openSync(source, 'w')
  for (const [index, place] of places.entries()) writeSync(fd, Buffer.alloc(10, index + 1), 0, 10, place)
  closeSync(fd)
  writeFileSync(target, 'something else')
  const result = await transfer({ source, target, blockSize: 65536, hugefileSizeBytes: 2n ** 40n })
  expect(result.file.size).toBe(5n * 2n ** 40n)
  expect(result.channelCount).toBe(3)
  expect(statSync(target).size).toBe(5 * tebibyte)
  expect(statSync(target).blocks).toBeLessThan(100)
  const copy = openSync(target, 'r')
  for (const [index, place] of places.entries()) {
    const bytes = Buffer.alloc(10)
    readSync(copy, bytes, 0, 10, place)
    expect(bytes.equals(Buffer.alloc(10, index + 1))).toBe(true)
  }
  closeSync(copy)
})

describe('kept digests', () => {
  const data = [{ bytes: 300_000, fill: 5 }]

  it('spare the target reading a file that nobody touched', async () => {
    make(source, data)
    const kept = join(folder, 'kept')
    await transfer({ source, target, kept })
    let reads = 0
    const pool = inlineBlockPool()
    const counting: BlockPool = {
      ...pool,
      run: (input) => {
        if (input.kind === 'digest') reads += 1
        return pool.run(input)
      },
    }
    const result = await transfer({ source, target, kept, pool: counting })
    expect(reads).toBe(0)
    expect(result.sameBytes).toBe(300_000n)
  })

  it('are not believed when somebody else wrote the target', async () => {
    make(source, data)
    const kept = join(folder, 'kept')
    await transfer({ source, target, kept })
    writeFileSync(target, Buffer.alloc(300_000, 6))
    const result = await transfer({ source, target, kept })
    expect(result.dataBytes).toBe(300_000n)
    expect(readFileSync(target).equals(readFileSync(source))).toBe(true)
  })

  it('are not believed when a run was killed while it wrote', async () => {
    make(source, data)
    const kept = join(folder, 'kept')
    await transfer({ source, target, kept })
    const sealed = readFileSync(kept)
    writeFileSync(kept, sealed.subarray(0, sealed.length - 5))
    truncateSync(target, 300_000)
    const result = await transfer({ source, target, kept })
    expect(result.sameBytes).toBe(300_000n)
    expect(readFileSync(target).equals(readFileSync(source))).toBe(true)
  })
})

describe.runIf(process.getuid?.() === 0)('a full disk', () => {
  it('is an error of this file that says what to do, and the next run goes on from there', async () => {
    const small = join(folder, 'small')
    mkdirSync(small)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', small])
    try {
      make(source, [{ bytes: 1024 * 1024, fill: 1 }])
      const there = join(small, 'target')
      const failed = transfer({ source, target: there, kept: join(folder, 'kept') })
      await expect(failed).rejects.toMatchObject({ code: 'FILEDIFF_FULL', hint: expect.stringContaining('Make room') })
      execFileSync('mount', ['-o', 'remount,size=2m', small])
      const result = await transfer({ source, target: there, kept: join(folder, 'kept') })
      expect(readFileSync(there).equals(readFileSync(source))).toBe(true)
      expect(result.sameBytes).toBeGreaterThan(0n)
    } finally {
      execFileSync('umount', [small])
    }
  })
})

it('an interrupted transfer is continued where it was: ranges that are done are asked for on neither side', async () => {
  make(source, [{ bytes: 8 * 1024 * 1024, fill: 1 }])
  const options = { source, target, kept: join(folder, 'kept'), blockSize: 65536, hugefileSizeBytes: 1n }
  const stop = new AbortController()
  const stopHalfway = (bytes: bigint) => bytes > 5n * 1024n * 1024n && stop.abort(new Error('stopped'))
  await expect(transfer({ ...options, signal: stop.signal, onProgress: stopHalfway })).rejects.toThrow('stopped')
  const result = await transfer(options)
  expect(result.resumedBytes).toBeGreaterThan(1024n * 1024n)
  expect(result.resumedBytes + result.sameBytes + result.dataBytes).toBe(8n * 1024n * 1024n)
  expect(readFileSync(target).equals(readFileSync(source))).toBe(true)
  expect((await transfer(options)).resumedBytes).toBe(0n)
})

describe('errors are about this file and say what happened', () => {
  it('another size than listed', async () => {
    make(source, [{ bytes: 10, fill: 1 }])
    await expect(transfer({ source, target, expectedSize: 11n })).rejects.toMatchObject({ code: 'FILEDIFF_SIZE' })
    expect(statSync(target).size).toBe(0)
  })

  it('a source file that changes while it is copied', async () => {
    make(source, [{ bytes: 100_000, fill: 1 }])
    const channel = () => openLoopback(source, { whenServing: () => writeFileSync(source, Buffer.alloc(100_000, 2)) })
    await expect(transfer({ source, target, channel })).rejects.toMatchObject({ code: 'FILEDIFF_CHANGED' })
  })

  it('a range off the grid', async () => {
    make(source, [{ bytes: 100_000, fill: 1 }])
    await expect(transfer({ source, target, bounds: { start: 5n, end: null } })).rejects.toMatchObject({ code: 'FILEDIFF_RANGE' })
  })

  it('an interrupted run', async () => {
    make(source, [{ bytes: 100_000, fill: 1 }])
    const signal = AbortSignal.abort(new Error('stopped'))
    await expect(transfer({ source, target, signal })).rejects.toThrow('stopped')
  })
})

it('a source that leaves before the last credit reaches it has still done its work', async () => {
  make(source, [{ bytes: 100_000, fill: 1 }])
  const loopback = openLoopback(source)
  void loopback.exit.then(() => (loopback.stdin as Writable).destroy())
  await transfer({ source, target, channel: () => loopback })
  expect(readFileSync(target).equals(readFileSync(source))).toBe(true)
})

it('the target is read while the source starts', async () => {
  make(source, [{ bytes: 20 * 1024 * 1024, fill: 1 }])
  make(target, [{ bytes: 20 * 1024 * 1024, fill: 1 }])
  const pool = inlineBlockPool()
  let begun: () => void = () => undefined
  const reading = new Promise<void>((resolve) => {
    begun = resolve
  })
  let reads = 0
  const watching: BlockPool = {
    ...pool,
    run: (input) => {
      if (input.kind === 'digest') reads += 1
      if (reads === 2) begun()
      return pool.run(input)
    },
  }
  const channels = plainChannels(async () => {
    await reading
    return overPipe(openLoopback(source))
  })
  const result = await transfer({ source, target, channels, pool: watching, blockSize: 262144, pendingLimit: 1000 })
  expect(result.sameBytes).toBe(20n * 1024n * 1024n)
  expect(reads).toBe(5)
})

describe('a long way to the source', () => {
  /** Channels that let little through at once; those opened later are better, and come when `openWide` says. */
  function longWay(
    openWide: (signal: AbortSignal) => Promise<void>,
  ): SourceChannels & { readonly exits: Promise<{ exitCode: number | null }>[] } {
    let learned: number | null = null
    const exits: Promise<{ exitCode: number | null }>[] = []
    const open = () => {
      const channel = openLoopback(source)
      exits.push(channel.exit)
      return overPipe(channel)
    }
    return {
      exits,
      open: async () => ({ ...open(), isWide: false }),
      needsRoundTrip: () => learned === null,
      learnRoundTrip: (milliseconds) => {
        learned = milliseconds
      },
      mayWiden: () => learned !== null,
      openWide: async (_words, signal) => {
        await openWide(signal)
        return open()
      },
    }
  }
  const options = () => ({ source, target, hugefileSizeBytes: 1n, carriedMeanwhileBytes: 0n })

  it('where data come, each lane goes on over a wider channel: any file becomes any other, and its bytes count once', async () => {
    let wideCount = 0
    await fc.assert(
      fc.asyncProperty(parts, parts, fc.nat(3), async (from, to, turns) => {
        make(source, from)
        make(target, to)
        const channels = longWay(async () => {
          wideCount += 1
          for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate)
        })
        const result = await transfer({ ...options(), channels })
        expect(readFileSync(target).equals(readFileSync(source))).toBe(true)
        expect(result.sameBytes + result.zeroBytes + result.dataBytes).toBe(BigInt(statSync(source).size))
        expect((await transfer({ source, target, hugefileSizeBytes: 1n })).digest).toBe(result.digest)
        expect((await Promise.all(channels.exits)).every(({ exitCode }) => exitCode === 0)).toBe(true)
      }),
      { numRuns: 50, timeout: 300_000 },
    )
    expect(wideCount).toBeGreaterThan(20)
  })

  it('where there is no wider channel, or none is needed any more, it goes on as it is', async () => {
    make(source, [{ bytes: 2_000_000, fill: 1 }])
    await transfer({ ...options(), channels: longWay(() => Promise.reject(new Error('there is none'))) })
    expect(readFileSync(target).equals(readFileSync(source))).toBe(true)
    make(source, [{ bytes: 2_000_000, fill: 2 }])
    const never = (signal: AbortSignal) => new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    await transfer({ ...options(), channels: longWay(never) })
    expect(readFileSync(target).equals(readFileSync(source))).toBe(true)
  })
})

it('copies only the bytes it was asked for', async () => {
  make(source, [{ bytes: 100_000, fill: 1 }])
  make(target, [{ bytes: 100_000, fill: 2 }])
  await transfer({ source, target, bounds: { start: 8192n, end: 16384n } })
  const bytes = readFileSync(target)
  expect(bytes.subarray(8192, 16384).equals(Buffer.alloc(8192, 1))).toBe(true)
  expect(bytes.subarray(0, 8192).equals(Buffer.alloc(8192, 2))).toBe(true)
  expect(bytes[16384]).toBe(2)
})
