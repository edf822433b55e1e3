import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, expect, it } from 'vitest'
import { findWorkerFile } from '../workers/find-worker-file.js'
import { SharedPipe, SharedPipeReader } from './shared-pipe.js'

const CAPACITY = 64
let pipe = new SharedPipe(CAPACITY)
let reader = new SharedPipeReader(pipe.output)
afterEach(() => {
  pipe.close()
  pipe = new SharedPipe(CAPACITY)
  reader = new SharedPipeReader(pipe.output)
})

/** Bytes whose place in the stream can be told from them. */
function bytesFrom(start: number, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, index) => (start + index) % 251))
}

function take(count: number): Buffer | null {
  const memory = Buffer.alloc(count)
  const taken = reader.take(memory)
  return taken === null ? null : memory.subarray(0, taken)
}

it('gives what was written, in order, round and round, whatever the pieces', () => {
  let [written, read] = [0, 0]
  for (let step = 1; step < 2000; step += 1) {
    written += pipe.write(bytesFrom(written, (step * 7) % 90))
    expect(written - read).toBeLessThanOrEqual(CAPACITY)
    const taken = take((step * 13) % 70)!
    expect(taken.equals(bytesFrom(read, taken.length))).toBe(true)
    read += taken.length
  }
  expect(read).toBeGreaterThan(20 * CAPACITY)
})

it('takes as much as there is room for, and tells when there is room again, once', async () => {
  const room: number[] = []
  pipe.onRoom(() => room.push(1))
  expect(pipe.write(bytesFrom(0, 100))).toBe(CAPACITY)
  expect(pipe.write(bytesFrom(0, 1))).toBe(0)
  take(10)
  take(CAPACITY / 2)
  take(10)
  pipe.output.room.postMessage('the last one')
  await new Promise<void>((resolve) => pipe.onRoom(() => room.length >= 2 && resolve()))
  expect(room).toHaveLength(2)
})

it('waits for nobody where it was told that no more comes', () => {
  pipe.write(bytesFrom(0, 40))
  pipe.end()
  const memory = Buffer.alloc(30)
  expect(reader.readFull(memory)).toBe(30)
  expect(memory.equals(bytesFrom(0, 30))).toBe(true)
  expect(reader.readFull(memory)).toBe(10)
  expect(memory.subarray(0, 10).equals(bytesFrom(30, 10))).toBe(true)
  expect([reader.readFull(memory), reader.take(memory)]).toEqual([0, null])
})

/** Reads in another thread, in pieces of many sizes, and tells how many bytes came and whether each was the right one. Runs the built file. */
const READING = `
const { parentPort, workerData: { output, file } } = require('node:worker_threads')
import(file).then(({ SharedPipeReader }) => {
  const reader = new SharedPipeReader(output)
  let [count, right] = [0, true]
  for (let size = 1; ; size = (size * 31) % 1009) {
    const memory = Buffer.alloc(size)
    const filled = reader.readFull(memory)
    for (let index = 0; index < filled; index += 1) right &&= memory[index] === (count + index) % 251
    count += filled
    if (filled < size) break
  }
  parentPort.postMessage({ count, right })
})
`

it('carries everything to a thread that waits for it, and neither side sleeps for good', async () => {
  const big = new SharedPipe(4096)
  const file = join(dirname(findWorkerFile('lane')), 'shared-pipe.js')
  const thread = new Worker(READING, { eval: true, workerData: { output: big.output, file }, transferList: [big.output.room] })
  const read = once(thread, 'message')
  let wake: () => void = () => undefined
  big.onRoom(() => wake())
  const total = 3_000_000
  for (let written = 0, piece = 1; written < total; piece = (piece * 17) % 9001) {
    const bytes = bytesFrom(written, Math.min(piece, total - written))
    for (let rest = bytes; ; ) {
      const room = new Promise<void>((resolve) => {
        wake = resolve
      })
      rest = rest.subarray(big.write(rest))
      if (rest.length === 0) break
      await room
    }
    written += bytes.length
  }
  big.end()
  expect((await read)[0]).toEqual({ count: total, right: true })
  big.close()
  await thread.terminate()
})
