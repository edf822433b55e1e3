import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { DataEntry } from '../backupmap/backupmap-types.js'
import type { PathBytes } from '../types/path-bytes.js'
import { ContentWriter } from './content-writer.js'
import type { TransferList } from './transfer-types.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-content-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const LARGEST = 16n * 1024n
const writer = () => new ContentWriter(folder, { openLists: 2, maxPaths: 3000, maxBytes: 2n ** 40n })
const path = (text: string) => Buffer.from(text) as PathBytes
const file = (name: string, size: bigint, ...links: string[]): Pick<DataEntry, 'path' | 'links' | 'type' | 'size'> => {
  return { path: path(name), links: links.map(path), type: 'f', size }
}
const namesOn = (lists: readonly TransferList[]) => lists.flatMap((list) => readFileSync(list.file, 'latin1').split('\0').slice(0, -1))

it('puts small files on lists of their own when there are enough of them, and loses none', () => {
  const content = writer()
  const expected = { small: [] as string[], other: [] as string[] }
  for (let index = 0; index < 5000; index += 1) {
    const isSmall = index % 5 !== 0
    const names = [`f${index}`, `l${index}`]
    content.add(file(names[0]!, isSmall ? LARGEST : LARGEST + 1n, names[1]!))
    expected[isSmall ? 'small' : 'other'].push(...names.map((name) => `./${name}`))
  }
  const device = { ...file('device', 2n ** 40n), type: 'c' as const }
  content.add(device)
  content.addUnknown([Buffer.from('unknown')])
  const lists = content.finish()
  const [small, other] = [lists.filter(({ isSmall }) => isSmall), lists.filter(({ isSmall }) => !isSmall)]
  expect(namesOn(small).toSorted()).toEqual([...expected.small, './device'].toSorted())
  expect(namesOn(other).toSorted()).toEqual([...expected.other, './unknown'].toSorted())
  expect(lists.length).toBeGreaterThan(2)
})

it('spends no connection on a few of them', () => {
  const content = writer()
  for (let index = 0; index < 1999; index += 1) content.add(file(`${index}`, index === 7 ? LARGEST + 1n : 0n))
  const lists = content.finish()
  expect(lists).toMatchObject([{ isSmall: false, pathCount: 1999, sizeBytes: LARGEST + 1n }])
  expect(new Set(namesOn(lists)).size).toBe(1999)
})
