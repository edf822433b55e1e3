import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openHasher } from '../filediff/hashes.js'
import { inlinePool } from '../workers/inline-pool.js'
import { stopFlagOf } from '../workers/stop-flag.js'
import { createContentJob } from './content.job.js'
import { BLOCK_BYTES, SEGMENT_BYTES } from './content-digest.js'
import type { ContentReader } from './content-port.js'
import { nativeContentReader } from './native-content-reader.js'
import { poolContentReader } from './pool-content-reader.js'

let folder: string
let root: string
let stopping: AbortController
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-content-'))
  root = folder
  stopping = new AbortController()
})
afterEach(() => rmSync(folder, { recursive: true }))

const inThreads = (): ContentReader => {
  const pool = inlinePool(createContentJob, { root, checksum: 'xxh128', stop: stopFlagOf(stopping.signal) } as const, 2)
  return poolContentReader(pool)
}
const inAddon = (): ContentReader => nativeContentReader({ root, threads: 2, stop: stopFlagOf(stopping.signal) })

async function digestWith(reader: ContentReader, files: readonly (readonly [name: string, size: number])[]) {
  try {
    return await reader.digest(files.map(([name, size]) => ({ path: Buffer.from(name), size: BigInt(size) })))
  } finally {
    await reader.close()
  }
}

/** A file of zeros but for some bytes. */
function makeFile(name: string, size: number, bytes: Readonly<Record<number, string>>, sparse: boolean): Buffer {
  const content = Buffer.alloc(size)
  for (const [offset, text] of Object.entries(bytes)) content.write(text, Number(offset))
  if (!sparse) writeFileSync(join(root, name), content)
  else {
    const fd = openSync(join(root, name), 'w')
    ftruncateSync(fd, size)
    for (const [offset, text] of Object.entries(bytes)) writeSync(fd, text, Number(offset))
    closeSync(fd)
  }
  return content
}

/** As docs/formats/verification.md says it. */
async function expected(content: Buffer): Promise<Uint8Array> {
  const hasher = await openHasher('xxh128')
  const join = (digests: Uint8Array[]) => (digests.length === 1 ? digests[0]! : hasher.digest(Buffer.concat(digests)))
  const cut = (bytes: Buffer, size: number) =>
    Array.from({ length: Math.max(1, Math.ceil(bytes.length / size)) }, (_, index) => bytes.subarray(index * size, (index + 1) * size))
  return join(cut(content, SEGMENT_BYTES).map((segment) => join(cut(segment, BLOCK_BYTES).map((block) => hasher.digest(block)))))
}

const plain = (outcome: object) => ({
  ...outcome,
  ...('digest' in outcome ? { digest: Buffer.from(outcome.digest as Uint8Array).toString('hex') } : {}),
})

describe.each([
  ['threads', inThreads],
  ['the addon', inAddon],
])('a reader with %s', (_reader, open) => {
  const digest = (...files: readonly (readonly [name: string, size: number])[]) => digestWith(open(), files)

  it.each([
    ['empty', 0, {}],
    ['of a few bytes', 5, { 0: 'hello' }],
    ['of one block', BLOCK_BYTES, { 7: 'x' }],
    ['of one block and a byte', BLOCK_BYTES + 1, { [BLOCK_BYTES]: 'x' }],
    ['of one segment', SEGMENT_BYTES, { 1: 'x', [SEGMENT_BYTES - 1]: 'y' }],
    ['of two segments, with holes', SEGMENT_BYTES + 20 * 2 ** 20, { [9 * BLOCK_BYTES - 1]: 'over the edge', [SEGMENT_BYTES + 5]: 'y' }],
  ])('hashes a file %s as the format says, whether or not it has holes', async (_, size, bytes) => {
    const content = makeFile('whole', size, bytes, false)
    makeFile('sparse', size, bytes, true)
    const wanted = { kind: 'digest', digest: await expected(content) }
    expect((await digest(['whole', size], ['sparse', size])).map(plain)).toEqual([plain(wanted), plain(wanted)])
  })

  it('gives the files in their order, however they are shared out', async () => {
    const names = Array.from({ length: 300 }, (_, index) => `file${index}`)
    for (const name of names) writeFileSync(join(root, name), name)
    const hasher = await openHasher('xxh128')
    const found = await digest(...names.map((name) => [name, name.length] as const))
    expect(found.map(plain)).toEqual(names.map((name) => plain({ kind: 'digest', digest: hasher.digest(Buffer.from(name)) })))
  })

  it('follows no symlink, and says what it cannot read', async () => {
    mkdirSync(join(root, 'folder'))
    symlinkSync('/etc', join(root, 'etc'))
    symlinkSync('/etc/passwd', join(root, 'passwd'))
    writeFileSync(join(root, 'longer'), 'longer than was said')
    const found = await digest(['passwd', 5], ['etc/passwd', 5], ['nothing', 5], ['longer', 5])
    expect(found).toMatchObject([
      { kind: 'failed', code: 'ELOOP' },
      { kind: 'failed', code: 'ELOOP' },
      { kind: 'failed', code: 'ENOENT' },
      { kind: 'other-size', size: 20n },
    ])
  })

  it('says where a file ends that has less than its size', async () => {
    root = '/sys/kernel/mm/transparent_hugepage'
    expect(await digest(['enabled', statSync(join(root, 'enabled')).size])).toMatchObject([
      { kind: 'failed', code: null, reason: expect.stringMatching(/^the file ends at offset [1-9][0-9]*, it has become shorter$/) },
    ])
  })

  it('stops when it is told to', async () => {
    writeFileSync(join(root, 'file'), 'content')
    const begun = digest(['file', 7])
    stopping.abort()
    await expect(begun).rejects.toThrow('the run was stopped')
  })
})
