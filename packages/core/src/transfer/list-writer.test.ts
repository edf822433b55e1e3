import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ListWriter } from './list-writer.js'

const MIB = 1024n * 1024n
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-lists-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const limits = { openLists: 3, maxPaths: 1000, maxBytes: 1024n * MIB }
const namesIn = (file: string) => readFileSync(file, 'latin1').split('\0').slice(0, -1)

it('writes every path with ./ in front and a NUL behind, whatever is in it', () => {
  const writer = new ListWriter(folder, 'data', limits)
  writer.add([Buffer.from('#a\n'), Buffer.from([0xff])], 0n)
  const [list] = writer.finish()
  expect(readFileSync(list!.file)).toEqual(Buffer.concat([Buffer.from('./#a\n\0./'), Buffer.from([0xff, 0])]))
  expect(list).toMatchObject({ pathCount: 2, sizeBytes: 0n })
})

it('keeps few small files together, and gives large ones to several connections', () => {
  const small = new ListWriter(folder, 'small', limits)
  for (let file = 0; file < 500; file += 1) small.add([Buffer.from(`${file}`)], 1000n)
  expect(small.finish()).toHaveLength(1)
  const large = new ListWriter(folder, 'large', limits)
  for (const size of [200n, 160n, 150n, 10n, 10n]) large.add([Buffer.from(`${size}`)], size * MIB)
  expect(large.finish().map((list) => list.sizeBytes / MIB)).toEqual([200n, 170n, 160n])
})

it('keeps the names of one object in one list, and loses none', () => {
  const writer = new ListWriter(folder, 'data', { ...limits, maxPaths: 7 })
  const expected: string[] = []
  for (let object = 0; object < 200; object += 1) {
    const names = Array.from({ length: 1 + (object % 4) }, (_, link) => `${object}-${link}`)
    expected.push(...names.map((name) => `./${name}`))
    writer.add(
      names.map((name) => Buffer.from(name)),
      BigInt(object % 5) * 10n * MIB,
    )
  }
  const lists = writer.finish()
  expect(lists.flatMap(({ file }) => namesIn(file)).toSorted()).toEqual(expected.toSorted())
  for (const { file, pathCount } of lists) {
    const names = namesIn(file)
    expect(names).toHaveLength(pathCount)
    expect(pathCount).toBeLessThanOrEqual(10)
    for (const object of new Set(names.map((name) => Number(name.slice(2).split('-')[0])))) {
      expect(names.filter((name) => name.startsWith(`./${object}-`))).toHaveLength(1 + (object % 4))
    }
  }
})

it('gives no list for nothing', () => {
  expect(new ListWriter(folder, 'data', limits).finish()).toEqual([])
})

it('makes the first lists short, so that the number of streams is found early', () => {
  const writer = new ListWriter(folder, 'data', { openLists: 2, maxPaths: 10_000, maxBytes: 1024n * MIB })
  for (let file = 0; file < 30_000; file += 1) writer.add([Buffer.from(`${file}`)], 0n)
  const counts = writer.finish().map((list) => list.pathCount)
  expect(counts.slice(0, 4)).toEqual([2000, 2000, 2000, 2000])
  expect(counts.slice(4).reduce((sum, count) => sum + count)).toBe(22_000)
})
