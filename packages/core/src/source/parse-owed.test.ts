import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { OWED_MAX_BYTES, OWED_MAX_FIDS, parseOwed } from './parse-owed.js'
import { readOwed } from './read-owed.js'

const A = '[0x200000401:0x1:0x0]'
const B = '[0x200000401:0x2:0x0]'

describe('parseOwed', () => {
  it.each<[string, string, unknown]>([
    ['nothing', '', { ok: true, value: [] }],
    ['two', `${A}\n${B}\n`, { ok: true, value: [A, B] }],
    ['one twice', `${A}\n${A}\n`, { ok: true, value: [A] }],
    ['cut off', `${A}\n${B}`, { ok: false, error: 'the last line has no end: the list was cut off' }],
    ['a blank line', `${A}\n\n`, { ok: false, error: 'line 2 is "", not a FID such as [0x200000401:0x1:0x0]' }],
    ['a path', 'etc/passwd\n', { ok: false, error: 'line 1 is "etc/passwd", not a FID such as [0x200000401:0x1:0x0]' }],
  ])('%s', (_, text, expected) => {
    expect(parseOwed(text)).toEqual(expected)
  })

  it('refuses more lines than the limit', () => {
    expect(parseOwed(`${A}\n`.repeat(OWED_MAX_FIDS)).ok).toBe(true)
    expect(parseOwed(`${A}\n`.repeat(OWED_MAX_FIDS + 1)).ok).toBe(false)
  })
})

describe('readOwed', () => {
  const stream = (...chunks: string[]) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)))

  it('puts chunks together, and takes an empty stdin for none', async () => {
    expect(await readOwed(stream(A.slice(0, 5), `${A.slice(5)}\n`))).toEqual([A])
    expect(await readOwed(stream())).toEqual([])
  })

  it('stops reading at the limit, and says what is wrong', async () => {
    await expect(readOwed(stream('x'.repeat(OWED_MAX_BYTES), 'x'))).rejects.toThrow('more than')
    await expect(readOwed(stream('x\n'))).rejects.toThrow('line 1 is "x"')
  })
})
