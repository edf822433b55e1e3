import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { headerOf } from '../namespace/testing/model-map.js'
import { ROOT_FID } from '../types/fid.js'
import { parsePath } from '../types/path-bytes.js'
import { changePercent, checkBase, startedFrom, type TargetFacts } from './base-plan.js'
import { parseSourceInit } from './parse-source-init.js'
import { targetSnapshotComment, targetSnapshotName } from './snapshot-comment.js'
import { formatTargetBackup, parseTargetBackup } from './target-state.js'
import type { TargetBackup } from './target-types.js'
import { loadPrepared, savePrepared } from './transfer-state.js'

const DIGEST = 'd'.repeat(64)
const backup = (changes: Partial<TargetBackup> = {}): TargetBackup => ({
  fsname: 'src',
  timestamp: 1000,
  snapshotName: 'src-backup-1000',
  kind: 'incremental',
  base: 500,
  headerDigest: DIGEST,
  phase: 'done',
  startedAt: 1,
  finishedAt: 2,
  startedFrom: 'base',
  phaseSeconds: { data: 3 },
  totals: {
    fileCount: 1n,
    contentBytes: 2n ** 60n,
    receivedBytes: 3n,
    entries: { done: 1, repaired: 2, owed: 3 },
    removedCount: 4,
    driftCount: 5,
    comparison: {
      entryCount: 100,
      differences: { missing: 1, extra: 2, 'other-type': 3, 'other-content': 4, 'other-attributes': 5, 'other-links': 6 },
    },
    incompleteDirectories: false,
  },
  owed: [{ fid: ROOT_FID, path: parsePath(Buffer.from([0x61, 0xff]))!, reason: 'r' }],
  tree: { dataPath: '/data', ino: 7n },
  treeEntryCount: 10,
  treeBytes: 11n,
  acknowledged: true,
  ...changes,
})
const facts = (changes: Partial<TargetFacts> = {}): TargetFacts => ({
  last: backup(),
  inProgress: null,
  tree: { dataPath: '/data', ino: 7n },
  isEmpty: false,
  ...changes,
})
const between = (changes: Partial<TargetBackup> = {}) =>
  backup({ timestamp: 2000, base: 1000, phase: 'data', finishedAt: null, ...changes })

describe('the base of a map', () => {
  const incremental = headerOf([])
  const full = headerOf([], { kind: 'full', base: null })

  it.each<[string, typeof incremental, Partial<TargetFacts>, string]>([
    ['the last backup', incremental, {}, 'start'],
    ['another backup', headerOf([], { base: { timestamp: 999, snapshotName: 'x' } }), {}, 'WRONG_BASE'],
    ['a backup, and the target has none', incremental, { last: null }, 'WRONG_BASE'],
    ['the last backup, in another folder', incremental, { tree: { dataPath: '/data', ino: 8n } }, 'TARGET_REPLACED'],
    ['the last backup, of which nothing is left', incremental, { isEmpty: true }, 'TARGET_EMPTIED'],
    ['the last backup, which was empty', incremental, { isEmpty: true, last: backup({ treeEntryCount: 1 }) }, 'start'],
    ['the one that was interrupted', incremental, { inProgress: between() }, 'continue'],
    [
      'the one that was interrupted, in another folder',
      incremental,
      { inProgress: between({ tree: { dataPath: '', ino: 8n } }) },
      'TARGET_REPLACED',
    ],
    ['another map of the snapshot that was begun', incremental, { inProgress: between({ headerDigest: 'other' }) }, 'TARGET_BETWEEN'],
    ['nothing: a full map of the snapshot that was begun', full, { inProgress: between({ headerDigest: 'other' }) }, 'start'],
    ['another map while the target is between', incremental, { inProgress: between({ timestamp: 1900 }) }, 'TARGET_BETWEEN'],
    ['nothing: a full map', full, { last: null }, 'start'],
    ['nothing: a full map for a target that is between', full, { inProgress: between({ timestamp: 1900 }) }, 'start'],
    ['nothing: a full map that was interrupted', full, { inProgress: between({ kind: 'full', base: null }) }, 'continue'],
    ['nothing: a full map for another folder', full, { tree: { dataPath: '/data', ino: 8n } }, 'start'],
  ])('is %s', (_, header, changes, expected) => {
    const check = checkBase(header, DIGEST, facts(changes))
    expect(check.kind === 'refuse' ? check.code : check.kind).toBe(expected)
  })

  it('decides what may be believed of the content', () => {
    const onBase = headerOf([], { kind: 'full', base: { timestamp: 1000, snapshotName: 'x' } })
    expect(startedFrom(onBase, facts())).toBe('base')
    expect(startedFrom(full, facts())).toBe('backup')
    expect(startedFrom(onBase, facts({ inProgress: between() }))).toBe('unknown')
    expect(startedFrom(onBase, facts({ tree: { dataPath: '', ino: 8n } }))).toBe('unknown')
    expect(startedFrom(onBase, facts({ last: null }))).toBe('unknown')
  })
})

it('measures what a map removes and rewrites against what was there before', () => {
  const { counts } = headerOf([])
  const header = headerOf([], { counts: { ...counts, removed: 20, created: 10, data: 5 }, tree: { entryCount: 90, sizeBytes: 0n } })
  expect(changePercent(header)).toBe(25)
  expect(changePercent({ ...header, kind: 'full' })).toBeNull()
  expect(changePercent(headerOf([]))).toBe(0)
})

it('names and describes the snapshot of the target, with one MDT and with several', () => {
  const mdt = (name: string, endRecno: bigint) => ({ mdt: name, startRecno: 1n, endRecno, recordCount: 0n })
  const settings = { largefileSizeBytes: 64n, hugefileSizeBytes: 2n ** 40n }
  const one = headerOf([], { mdts: [mdt('MDT0000', 9n)], settings })
  expect(targetSnapshotName(one)).toBe('src-backup-2000')
  expect(targetSnapshotComment(one)).toBe(
    'source_fsname: src, source_snapshot: src-backup-2000, source_start_recno: 1, source_end_recno: 9, source_largefile_size: 64, source_hugefile_size: 1099511627776',
  )
  const two = headerOf([], { mdts: [mdt('MDT0000', 9n), mdt('MDT0001', 7n)], settings })
  expect(targetSnapshotComment(two)).toContain('source_start_recno: MDT0000=1/MDT0001=1, source_end_recno: MDT0000=9/MDT0001=7')
})

it('keeps the record of a backup through JSON, and refuses a damaged one', () => {
  const written = JSON.parse(JSON.stringify(formatTargetBackup(backup())))
  expect(parseTargetBackup(written)).toEqual(backup())
  for (const [field, value] of [
    ['phase', 'mirror'],
    ['kind', 'other'],
    ['tree', {}],
    ['owed', [{}]],
    ['startedFrom', 'x'],
  ] as const) {
    expect(() => parseTargetBackup({ ...written, [field]: value })).toThrow()
  }
})

describe('what the source says', () => {
  const map = { path: '/meta/backupmap/2000/', headerDigest: DIGEST, parts: ['data.w0.ndjson'], files: [] }
  const answer = { timestamp: 2000, snapshotName: 'src-backup-2000', mountPoint: '/snap/x', dataPath: '', map, resumed: false }
  const init = { protocol: 1, version: '1', fsname: 'src', lastBackup: null, backup: answer }

  const sending = (files: unknown) => ({ ...init, backup: { ...answer, map: { ...map, files } } })
  const header = { name: 'header.json', text: '{}' }

  it('is taken as it is when it is right', () => {
    const parsed = parseSourceInit(JSON.stringify(init), 'h')
    expect(parsed).toEqual({ ...init, backup: { ...answer, map: { ...map, path: '/meta/backupmap/2000' } } })
    expect(parseSourceInit(JSON.stringify({ ...init, backup: null }), 'h').backup).toBeNull()
    const offeringNone = { ...init, backup: { ...answer, map: { ...map, parts: undefined, files: undefined } } }
    expect(parseSourceInit(JSON.stringify(offeringNone), 'h').backup?.map).toMatchObject({ parts: [], files: [] })
    const files = [header, { name: 'data.w0.ndjson', text: '' }]
    expect(parseSourceInit(JSON.stringify(sending(files)), 'h').backup?.map.files).toEqual(files)
  })

  it.each<[string, unknown]>([
    ['text', 'Welcome to the source'],
    ['no object', []],
    ['a path that leaves', { ...init, backup: { ...answer, mountPoint: '/snap/../etc' } }],
    ['a relative path', { ...init, backup: { ...answer, map: { ...map, path: 'x' } } }],
    ['a name with a blank', { ...init, backup: { ...answer, snapshotName: 'a b' } }],
    ['a short digest', { ...init, backup: { ...answer, map: { ...map, headerDigest: 'd' } } }],
    ['a part elsewhere', { ...init, backup: { ...answer, map: { ...map, parts: ['../../data.ndjson'] } } }],
    ['very many parts', { ...init, backup: { ...answer, map: { ...map, parts: Array(1001).fill('data.ndjson') } } }],
    ['a map without its parts', sending([header])],
    ['a map with a file elsewhere', sending([header, { name: '../data.w0.ndjson', text: '' }])],
    ['a map with a file too many', sending([header, { name: 'data.w0.ndjson', text: '' }, header])],
    ['a map that is no text', sending([header, { name: 'data.w0.ndjson', text: 7 }])],
    ['a large map', sending([header, { name: 'data.w0.ndjson', text: 'x'.repeat(1_100_000) }])],
    ['no timestamp', { ...init, backup: { ...answer, timestamp: -1 } }],
    ['a long text', { ...init, version: 'x'.repeat(9000) }],
  ])('is refused: %s', (_, value) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    expect(() => parseSourceInit(text, 'host')).toThrow(
      expect.objectContaining({ code: 'SOURCE_ANSWER_INVALID', message: expect.stringContaining('host') }),
    )
  })

  it('in another protocol is refused with both versions named', () => {
    const other = () => parseSourceInit(JSON.stringify({ ...init, protocol: 2, version: '9.9' }), 'h')
    expect(other).toThrow(
      expect.objectContaining({ code: 'PROTOCOL_MISMATCH', message: expect.stringMatching(/protocol 2.*9\.9.*protocol 1/) }),
    )
  })
})

describe('what is prepared', () => {
  const prepared = {
    data: [{ file: '/l', pathCount: 2, sizeBytes: 2n ** 60n, isSmall: false }],
    attributes: [],
    root: true,
    hasLarge: false,
    hasReleased: false,
  }

  it('is loaded as it was saved; one that does not say what it lacks may have it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lustrebackup-prepared-'))
    const file = join(folder, 'prepared.json')
    savePrepared(file, prepared)
    expect(loadPrepared(file)).toEqual(prepared)
    const { hasLarge, hasReleased, digest, ...earlier } = JSON.parse(readFileSync(file, 'utf8'))
    for (const list of earlier.data) delete list.isSmall
    expect([hasLarge, hasReleased, digest]).toEqual([false, false, expect.any(String)])
    writeFileSync(file, JSON.stringify(earlier))
    expect(loadPrepared(file)).toEqual({ ...prepared, hasLarge: true, hasReleased: true })
    rmSync(folder, { recursive: true })
  })
})
