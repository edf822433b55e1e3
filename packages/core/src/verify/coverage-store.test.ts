import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { LineWriter } from '../parts/line-writer.js'
import { makeMetaFolders } from '../state/durable.js'
import { metaLayout } from '../state/meta-layout.js'
import { parsePath } from '../types/path-bytes.js'
import { encodeCovered } from './coverage-codec.js'
import { CoverageStore, SHARDS } from './coverage-store.js'
import type { CoveredFile } from './coverage-types.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-coverage-'))
  makeMetaFolders(metaLayout(folder))
})
afterEach(() => rmSync(folder, { recursive: true }))

const fileOf = (name: Buffer, verifiedAt: number, state = 1): CoveredFile => ({
  path: parsePath(name)!,
  size: 2n ** 60n,
  mtimeNs: -5n,
  checksum: Buffer.from([verifiedAt]),
  state,
  verifiedAt,
})

async function add(store: CoverageStore, file: string, covered: readonly CoveredFile[]): Promise<void> {
  const writer = LineWriter.anew(folder, file)
  for (const one of covered) writer.write(encodeCovered(one))
  writer.finish()
  await store.add([{ folder, file }], new AbortController().signal)
}

async function loadAll(store: CoverageStore): Promise<CoveredFile[]> {
  const all: CoveredFile[] = []
  await store.merge(new AbortController().signal)
  for (let shard = 0; shard < SHARDS; shard += 1) all.push(...(await store.load(shard)).values())
  return all.toSorted((a, b) => a.path.compare(b.path))
}

it('remembers every file, whatever its name, and the newest that is known of it', async () => {
  const store = new CoverageStore(metaLayout(folder))
  const names = Array.from({ length: 60 }, (_, index) => Buffer.from(`folder${index % 7}/file${index}`))
  names.push(Buffer.from([0xff, 0x0a, 0x27]), Buffer.from('Größe'))
  const first = names.map((name) => fileOf(name, 10))
  await add(store, 'first', first)
  expect(await loadAll(store)).toEqual(first.toSorted((a, b) => a.path.compare(b.path)))
  await add(store, 'second', [fileOf(names[3]!, 20)])
  await add(store, 'late', [fileOf(names[3]!, 15), fileOf(names[4]!, 15)])
  await add(store, 'late', [fileOf(names[3]!, 15), fileOf(names[4]!, 15)])
  await add(store, 'older-state', [fileOf(names[5]!, 30, 0), fileOf(names[6]!, 5, 2)])
  const known = new Map((await loadAll(store)).map(({ path, verifiedAt }) => [path.toString('latin1'), verifiedAt]))
  expect([3, 4, 5, 6].map((index) => known.get(names[index]!.toString('latin1')))).toEqual([20, 15, 10, 5])
  expect(known.size).toBe(names.length)
})

it('keeps what is added beside the shards until it is much, or somebody reads', async () => {
  const store = new CoverageStore(metaLayout(folder))
  await add(store, 'few', [fileOf(Buffer.from('file'), 10)])
  await add(store, 'more', [fileOf(Buffer.from('file'), 11)])
  expect(readdirSync(store.folder).toSorted()).toEqual(['added-1.ndjson', 'added-2.ndjson'])
  const deep = `${'d'.repeat(200)}/`.repeat(19)
  await add(
    store,
    'much',
    Array.from({ length: 4400 }, (_, index) => fileOf(Buffer.from(`${deep}${index}`), 12)),
  )
  expect(readdirSync(store.folder).filter((name) => !/^[0-9]{3}\.ndjson$/.test(name))).toEqual([])
  const all = await loadAll(store)
  expect(all).toHaveLength(4401)
  expect(all.find(({ path }) => path.equals(Buffer.from('file')))?.verifiedAt).toBe(11)
})
