import { syncBuiltinESMExports } from 'node:module'
import { PassThrough } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import v8 from 'node:v8'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type DataChannel, overPipe } from './data-channel.js'
import { SharedPipeReader } from './shared-pipe.js'

const MIB = 2 ** 20
const setFlags = v8.setFlagsFromString
let flags: string[] = []
let stdout = new PassThrough()
let closed = 0
let channel: DataChannel
beforeEach(() => {
  flags = []
  v8.setFlagsFromString = (flag) => {
    flags.push(flag)
  }
  syncBuiltinESMExports()
  stdout = new PassThrough({ highWaterMark: MIB })
  closed = 0
  const close = () => {
    closed += 1
  }
  channel = overPipe({ stdin: new PassThrough(), stdout, stderr: new PassThrough(), exit: new Promise(() => undefined), close })
})
afterEach(() => {
  channel.closeOutput()
  v8.setFlagsFromString = setFlags
  syncBuiltinESMExports()
})

function open(): SharedPipeReader {
  if (channel.output.kind !== 'memory') throw new Error('not in memory')
  return new SharedPipeReader(channel.output)
}

/** What has come so far, while nobody takes any of it: as much as fits. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await nextTurn()
}

it('leaves what does not fit with the sender, and gives everything in order', async () => {
  const sent = Array.from({ length: 48 }, (_, index) => Buffer.alloc(MIB / 4, index))
  for (const bytes of sent) stdout.write(bytes)
  stdout.end()
  await settled()
  expect(stdout.writableLength).toBeGreaterThan(5 * MIB)
  const [reader, memory, taken] = [open(), Buffer.alloc(100_000), [] as Buffer[]]
  for (let count = reader.take(memory); count !== null; count = reader.take(memory)) {
    if (count > 0) taken.push(Buffer.from(memory.subarray(0, count)))
    else await nextTurn()
  }
  expect(Buffer.concat(taken).equals(Buffer.concat(sent))).toBe(true)
})

it('closes the channel when something comes that nobody reads any more', async () => {
  stdout.write('before')
  await settled()
  channel.closeOutput()
  await settled()
  expect(closed).toBe(0)
  stdout.write('after')
  await settled()
  expect(closed).toBe(1)
})

it('changes how V8 collects once much has come, not before', async () => {
  stdout.write(Buffer.alloc(3 * MIB))
  await settled()
  expect(flags).toEqual([])
  stdout.write(Buffer.alloc(MIB))
  stdout.write(Buffer.alloc(1000))
  await settled()
  expect(flags).toEqual(['--no-incremental-marking'])
})
