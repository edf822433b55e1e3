import fc from 'fast-check'
import { expect, it } from 'vitest'
import { jsonTextOfPath } from '../types/path-bytes.js'
import { LineBytes } from './line-bytes.js'

const written = (write: (lines: LineBytes) => void) => {
  const lines = new LineBytes()
  write(lines)
  return lines.take().bytes.toString()
}

it('writes numbers as JavaScript does', () => {
  fc.assert(fc.property(fc.maxSafeNat(), (number) => void expect(written((lines) => lines.decimal(number))).toBe(`${number}`)))
  for (const number of [0, 9, 10, 99, 100, Number.MAX_SAFE_INTEGER]) expect(written((lines) => lines.decimal(number))).toBe(`${number}`)
  const word = fc.integer({ min: 0, max: 0xffff_ffff })
  fc.assert(fc.property(word, (number) => void expect(written((lines) => lines.hex(number))).toBe(number.toString(16))))
})

it('writes any path as JSON has it, of any part of its bytes', () => {
  const name = fc.oneof(fc.string({ minLength: 1 }).map(Buffer.from), fc.uint8Array({ minLength: 1 }).map(Buffer.from))
  fc.assert(
    fc.property(name, name, (before, path) => {
      const bytes = Buffer.concat([before, path])
      expect(written((lines) => lines.path(bytes, before.length))).toBe(jsonTextOfPath(path))
    }),
  )
})

it('grows as it has to, and begins anew after its lines were taken', () => {
  const lines = new LineBytes()
  for (let line = 0; line < 5000; line += 1) {
    lines.raw(Buffer.from('a line with '))
    lines.text('ünicode ')
    lines.decimal(line)
    lines.endLine()
  }
  const { bytes, lineCount } = lines.take()
  expect(lineCount).toBe(5000)
  expect(bytes.toString()).toBe(Array.from({ length: 5000 }, (_, line) => `a line with ünicode ${line}\n`).join(''))
  lines.endLine()
  const { bytes: next, lineCount: nextCount } = lines.take()
  expect([next.toString(), nextCount]).toEqual(['\n', 1])
})
