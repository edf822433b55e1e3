import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseFid } from '../types/fid.js'
import { jsonFromPath, parsePath } from '../types/path-bytes.js'
import type { DataEntry, MapHeader, MapPart, PartEntries, PartKind } from './backupmap-types.js'
import { decodeEntry, encodeEntry } from './codec.js'
import { checkParts, loadHeader, partsOf, readPart } from './map-reader.js'
import { formatHeader, parseHeader } from './parse-header.js'
import { PartWriter } from './part-writer.js'

const fid = parseFid('[0x200000401:0x1:0x0]')!
const path = (text: string | Buffer) => parsePath(Buffer.from(text))!
const file: DataEntry = {
  fid,
  path: path('a/b'),
  type: 'f',
  mode: 0o4755,
  uid: 1000,
  gid: 0,
  size: 2n ** 60n,
  mtimeNs: 1_700_000_000_000_000_000n,
  nlink: 2,
  rdev: null,
  acl: Buffer.from([2, 0, 0, 0]),
  defaultAcl: null,
  released: true,
  created: true,
  links: [path('c'), path(Buffer.from([0xff, 0x0a]))],
}
const samples: { [K in PartKind]: PartEntries[K] } = {
  remove: { fid, path: path('x'), type: 'd', tree: true },
  move: { fid, path: path('x'), type: 'f', to: path('y') },
  mkdir: { ...strip(file), type: 'd', created: false },
  place: { fid, path: path('y'), type: 'f', from: path('x') },
  link: { fid, path: path('z'), type: 'f', to: path('y') },
  data: file,
  attr: strip(file),
  compare: { kind: 'entry', node: strip(file), same: false },
  hardlink: { ...strip(file), links: [path('c')], same: true, complete: true },
  unreachable: { fid, folder: path('x') },
  recheck: { fid },
  opener: { fid, uid: 0, gid: 4_294_967_295, flags: 2, openCount: 1, since: 1_700_000_000 },
}

function strip({ created: _, links: __, ...node }: DataEntry) {
  return node
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'backupmap-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('a line', () => {
  it.each(Object.keys(samples) as PartKind[])('of %s comes back as it was', (kind) => {
    const line = encodeEntry(kind, samples[kind])
    expect(line).not.toContain('\n')
    expect(decodeEntry(kind, line)).toEqual(samples[kind])
  })

  it('holds any path', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 50 }), (bytes) => {
        const parsed = parsePath(Buffer.from(bytes))
        fc.pre(parsed !== null)
        expect(decodeEntry('recheck', encodeEntry('recheck', { fid }))).toEqual({ fid })
        expect(decodeEntry('remove', encodeEntry('remove', { ...samples.remove, path: parsed }))).toEqual({
          ...samples.remove,
          path: parsed,
        })
      }),
    )
  })

  it('is refused when any one field is missing, unknown or of another kind', () => {
    for (const kind of Object.keys(samples) as PartKind[]) {
      const fields = JSON.parse(encodeEntry(kind, samples[kind])) as Record<string, unknown>
      for (const name of Object.keys(fields)) {
        const { [name]: _, ...rest } = fields
        const isOptional = ['rdev', 'acl', 'defaultAcl', 'folder'].includes(name)
        expect(decodeEntry(kind, JSON.stringify(rest)), `${kind} without ${name}`).toHaveProperty('wrong')
        expect(decodeEntry(kind, JSON.stringify({ ...fields, [name]: { no: 1 } })), `${kind} with a wrong ${name}`).toHaveProperty('wrong')
        if (!isOptional)
          expect(decodeEntry(kind, JSON.stringify({ ...fields, [name]: null })), `${kind} with no ${name}`).toHaveProperty('wrong')
      }
      expect(decodeEntry(kind, JSON.stringify({ ...fields, more: 1 })), kind).toHaveProperty('wrong')
    }
    expect(decodeEntry('recheck', '{')).toHaveProperty('wrong')
    expect(decodeEntry('recheck', 'null')).toHaveProperty('wrong')
  })

  it.each(['/etc/passwd', '../x', 'a/../../x', 'a//b'])('cannot name %j', (text) => {
    const line = JSON.stringify({ ...JSON.parse(encodeEntry('remove', samples.remove)), path: text })
    expect(decodeEntry('remove', line)).toHaveProperty('wrong')
  })
})

describe('a map on disk', () => {
  const header = (parts: MapPart[]): MapHeader => ({
    format: 'lustrebackup-backupmap',
    version: 1,
    software: '0',
    kind: 'incremental',
    fsname: 'src',
    base: { timestamp: 1, snapshotName: 'src-backup-1' },
    snapshot: { timestamp: 2, snapshotName: 'src-backup-2' },
    mdts: [{ mdt: 'MDT0000', startRecno: 1n, endRecno: 2n ** 60n, recordCount: 2n ** 60n }],
    roots: { dataPath: fid, metaBasepath: null },
    dataPath: '',
    unproven: [],
    counts: {
      touched: 3,
      created: 1,
      removed: 1,
      kept: 1,
      temporary: 0,
      excluded: 0,
      failed: 0,
      moved: 0,
      data: 0,
      attributes: 1,
      unchanged: 0,
      dataBytes: 5n,
    },
    tree: { entryCount: 10, sizeBytes: 2n ** 60n },
    comparison: { cursor: path(Buffer.from([0x61, 0xff])), cycleStart: 1, directoryCount: 2, entryCount: 3 },
    settings: { largefileSizeBytes: 1n, hugefileSizeBytes: 2n },
    parts,
  })

  function writeMap(): MapPart[] {
    const writer = new PartWriter(folder, 'w0')
    for (const depth of [1, 2, 3]) writer.write('remove', { ...samples.remove, path: path(Array(depth).fill('d').join('/')) })
    for (let index = 0; index < 2000; index += 1) writer.write('data', { ...file, path: path(`file ${index}`) })
    writer.writeDirectory({ kind: 'directory', fid, path: path('d') }, [samples.compare])
    return writer.finish()
  }

  it('is read back whole, parts that go by depth in its order', async () => {
    const parts = writeMap()
    writeFileSync(join(folder, 'header.json'), formatHeader(header(parts)))
    const loaded = await loadHeader(folder, null)
    expect(loaded).toEqual(header(parts))
    await checkParts(folder, loaded.parts)
    expect(partsOf(loaded, 'remove').map((part) => part.depth)).toEqual([1, 2, 3])
    const paths: string[] = []
    for (const part of partsOf(loaded, 'data')) {
      for await (const batch of readPart(folder, { ...part, kind: 'data' }))
        paths.push(...batch.map((entry) => String(jsonFromPath(entry.path))))
    }
    expect(paths).toEqual(Array.from({ length: 2000 }, (_, index) => `file ${index}`))
  })

  it('is refused when a byte of a part, or the header, has changed', async () => {
    const parts = writeMap()
    writeFileSync(join(folder, 'header.json'), formatHeader(header(parts)))
    await expect(loadHeader(folder, '0'.repeat(64))).rejects.toMatchObject({ code: 'MAP_DIGEST_MISMATCH' })
    writeFileSync(join(folder, parts[0]!.file), 'x', { flag: 'r+' })
    await expect(checkParts(folder, parts)).rejects.toMatchObject({ code: 'MAP_DIGEST_MISMATCH' })
  })

  it('is refused in a few words when a value in it is nested without end', () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    expect(decodeEntry('recheck', `{"fid":${deep}}`)).toEqual({ wrong: 'fid is a list of 1; allowed: a FID' })
    expect(decodeEntry('recheck', deep)).toEqual({ wrong: 'the line is a list of 1; allowed: a JSON object' })
    expect(() => parseHeader(`{"format":${deep}}`, 'test')).toThrow('format is wrong: a list of 1')
  })

  it('is refused when its header is missing, is no file, or is larger than any', async () => {
    await expect(loadHeader(folder, null)).rejects.toMatchObject({ code: 'MAP_UNREADABLE' })
    writeFileSync(join(folder, 'header.json'), '')
    truncateSync(join(folder, 'header.json'), 2 ** 40)
    await expect(loadHeader(folder, null)).rejects.toMatchObject({ code: 'MAP_UNREADABLE' })
    rmSync(join(folder, 'header.json'))
    mkdirSync(join(folder, 'header.json'))
    await expect(loadHeader(folder, null)).rejects.toMatchObject({ code: 'MAP_UNREADABLE' })
  })

  it('is refused when its books do not close, or its header names a file elsewhere', () => {
    const broken = (change: (json: Record<string, unknown>) => void) => {
      const json = JSON.parse(formatHeader(header([])))
      change(json)
      return () => parseHeader(JSON.stringify(json), 'test')
    }
    expect(broken((json) => Object.assign(json.counts as object, { created: 2 }))).toThrow(/do not add up/)
    expect(broken((json) => Object.assign(json, { version: 2 }))).toThrow(/version/)
    const part = { kind: 'data', file: '../data.ndjson', depth: null, entryCount: 0, sizeBytes: 0, digest: '0'.repeat(64) }
    expect(broken((json) => Object.assign(json, { parts: [part] }))).toThrow(/file of a part/)
  })
})
