import { closeSync, constants, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { HEADER_SIZE_DEFAULT } from '@lustrebackup/core/filediff/filediff-types'
import { serveSource } from '@lustrebackup/core/filediff/source-serve-run'
import { openLoopback, testPool } from '@lustrebackup/core/filediff/testing/loopback-source'
import { transfer } from '@lustrebackup/core/filediff/testing/transfer-harness'
import type { RemoteChannel } from '@lustrebackup/core/ssh/remote-port'
import { expect } from 'vitest'
import { Random } from '../support/random.js'
import { clearlyLater, type Subject } from '../support/subject.js'
import { replay, type Spoken, tapConversation } from './conversation.js'

const BLOCK = 4096

/** Both ends of filediff, each against another end that sends what was changed: recorded conversations, played to their end. */
export async function sessionSubjects(folder: string): Promise<Subject[]> {
  const source = join(folder, 'filediff-source')
  const target = join(folder, 'filediff-target')
  const content = contentOf(1)
  const before = Buffer.concat([content.subarray(0, 2 * BLOCK), contentOf(2).subarray(2 * BLOCK, 5 * BLOCK), content.subarray(5 * BLOCK)])
  writeFileSync(source, content)
  writeFileSync(target, before)
  const { fromSource, fromTarget } = await record(source, target)
  return [
    {
      name: 'filediff target, told by a source',
      form: 'bytes',
      seeds: [fromSource.bytes],
      async check(input, _random, isValid) {
        writeFileSync(target, before)
        const done = await clearlyLater(() => transfer({ source, target, channel: () => fakeSource(input, fromSource.turns, isValid) }))
        if (isValid) expect(done).not.toBeNull()
        if (done !== null) expect(readFileSync(target).equals(content), 'the target says it is done, and has other content').toBe(true)
      },
    },
    {
      name: 'filediff source, asked by a target',
      form: 'bytes',
      seeds: [fromTarget.bytes],
      async check(input, _random, isValid) {
        const done = await clearlyLater(() => serve(source, input, fromTarget.turns, isValid))
        if (isValid) expect(done).not.toBeNull()
      },
    },
  ]
}

/** Ten and a half blocks, the last but one of them zero. */
function contentOf(seed: number): Buffer {
  const content = new Random(seed).bytes(10 * BLOCK + 100)
  content.fill(0, 9 * BLOCK, 10 * BLOCK)
  return content
}

async function record(source: string, target: string): Promise<{ readonly fromSource: Spoken; readonly fromTarget: Spoken }> {
  const taps = tapConversation()
  await transfer({ source, target, channel: () => openLoopback(source, { toTarget: taps.a, toSource: taps.b }) })
  const { a, b } = taps.spoken()
  return { fromSource: a, fromTarget: b }
}

/** A source that says this, whatever it is told. */
function fakeSource(bytes: Buffer, turns: Spoken['turns'], isValid: boolean): RemoteChannel {
  const { says, hears } = replay(bytes, turns, isValid)
  return {
    stdin: hears,
    stdout: says,
    stderr: new PassThrough(),
    exit: Promise.resolve({ exitCode: 1, signal: null }),
    close: () => says.destroy(),
  }
}

async function serve(source: string, asked: Buffer, turns: Spoken['turns'], isValid: boolean): Promise<void> {
  const { says, hears } = replay(asked, turns, isValid)
  const fd = openSync(source, constants.O_RDONLY)
  try {
    const { size, mtimeNs, ctimeNs, ino } = fstatSync(fd, { bigint: true })
    await serveSource({
      fd,
      file: { size, mtimeNs, ctimeNs, ino, mode: 0o644, uid: 0, gid: 0 },
      xattrs: null,
      bounds: { start: 0n, end: size },
      headerSize: HEADER_SIZE_DEFAULT,
      blockSize: null,
      input: says,
      output: hears,
      openPool: testPool,
    })
  } finally {
    closeSync(fd)
  }
}
