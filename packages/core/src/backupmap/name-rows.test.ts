import { unpackPath, unpackPaths } from '@lustrebackup/lustreapi/path-list'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeEntry } from './codec.js'
import { type NameKind, type NameRows, scanNameRows } from './name-rows.js'

const LAST: { readonly [K in NameKind]: string } = { remove: '"tree":false', move: '"to":"y/b"', place: '"from":"x"', link: '"to":"y"' }
const kind = fc.constantFrom<NameKind[]>('remove', 'move', 'place', 'link')
const hex = (digits: number) => fc.integer({ min: 0, max: 16 ** digits - 1 }).map((number) => number.toString(16))
const fid = fc.tuple(hex(9), hex(8), hex(8)).map(([sequence, object, version]) => `[0x${sequence}:0x${object}:0x${version}]`)
const path = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 20 }),
    fc.constantFrom('a', 'a/b.c/d', 'ä/ö', '..', 'a//b', './a', 'n'.repeat(255), 'n'.repeat(256)),
  )
  .map((text) => JSON.stringify(text))
const anyPath = fc.oneof(path, fc.constantFrom('{"percent":"a%FF"}', '""', '7', JSON.stringify('d/'.repeat(2100))))
const last = fc.oneof(
  anyPath.map((text) => (name: string) => `"${name}":${text}`),
  fc.constantFrom(
    () => '"tree":true',
    () => '"tree":false',
    () => '"more":1',
  ),
)
const NAMES: { readonly [K in NameKind]: string } = { remove: 'tree', move: 'to', place: 'from', link: 'to' }

/** As they are written, and with one thing changed anywhere. */
const lineOf = (of: NameKind) =>
  fc
    .tuple(
      fid,
      anyPath,
      fc.constantFrom('f', 'd', 'l', 'x'),
      fc.oneof(
        fc.constant(() => LAST[of]),
        last,
      ),
      fc.nat(200),
      fc.constantFrom('', ' ', '0', 'x'),
    )
    .map(([id, at, type, rest, where, insert]) => {
      const line = `{"fid":"${id}","path":${at},"type":"${type}",${rest(NAMES[of])}}`
      return line.slice(0, where) + insert + line.slice(where)
    })
const lines = kind.chain((of) => fc.tuple(fc.constant(of), fc.array(lineOf(of), { maxLength: 6 })))

/** The entries that the columns stand for. */
function entriesOf(rows: NameRows<NameKind>) {
  return rows.types.map((type, row) => {
    const rest = rows.kind === 'remove' ? { tree: rows.trees.has(row) } : { [NAMES[rows.kind]]: unpackPath(rows.others, row) }
    return { fid: rows.entry(row).fid, path: unpackPath(rows.paths, row), type, ...rest }
  })
}

it('finds in lines what the decoder finds in them, or the same wrong line', () => {
  fc.assert(
    fc.property(lines, ([of, texts]) => {
      const rows = scanNameRows(of, Buffer.from(texts.map((text) => `${text}\n`).join('')))
      const decoded = texts.map((text) => decodeEntry(of, text))
      const line = decoded.findIndex((entry) => 'wrong' in entry)
      if (line !== -1) expect(rows).toEqual({ wrong: (decoded[line] as { wrong: string }).wrong, line })
      else expect(entriesOf(rows as NameRows<NameKind>)).toEqual(decoded)
    }),
    { numRuns: 500 },
  )
})

it('takes bytes that are not UTF-8 as the decoder does', () => {
  const line = Buffer.concat([Buffer.from('{"fid":"[0x1:0x1:0x0]","path":"a'), Buffer.of(0xff), Buffer.from('","type":"f","tree":false}')])
  const rows = scanNameRows('remove', Buffer.concat([line, Buffer.of(10)])) as NameRows<'remove'>
  expect([rows.entry(0)]).toEqual([decodeEntry('remove', line.toString())])
  expect(unpackPath(rows.paths, 0)).toEqual(rows.entry(0).path)
})

it('keeps the columns of many lines in step, whichever of them the decoder takes', () => {
  const count = 2000
  const pathOf = (folder: string, index: number) => `${folder}/${'n'.repeat(40)}${index % 7 === 0 ? 'ä' : 'a'}${index}`
  const text = (index: number) =>
    `{"fid":"[0x1:0x${(index + 1).toString(16)}:0x0]","path":"${pathOf('d', index)}","type":"f","to":"${pathOf('e', index + 1)}"}\n`
  const rows = scanNameRows('move', Buffer.from(Array.from({ length: count }, (_, index) => text(index)).join(''))) as NameRows<'move'>
  const expected = (folder: string, add: number) => Array.from({ length: count }, (_, index) => pathOf(folder, index + add))
  expect(unpackPaths(rows.paths).map(String)).toEqual(expected('d', 0))
  expect(unpackPaths(rows.others).map(String)).toEqual(expected('e', 1))
  expect(rows.types.map((_, row) => rows.entry(row).path.toString())).toEqual(expected('d', 0))
})
