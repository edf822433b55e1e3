import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatCanary, parseCanary } from '@lustrebackup/core/canary/canary-codec'
import { DriftLog } from '@lustrebackup/core/namespace/drift-log'
import { loadSnapshotList } from '@lustrebackup/core/snapshot/snapshot-list-cache'
import { formatSourceBackup, parseSourceBackup } from '@lustrebackup/core/source/source-backup'
import { makeMetaFolders } from '@lustrebackup/core/state/durable'
import { lockContent, parseLockRecord } from '@lustrebackup/core/state/lock-holder'
import { metaLayout } from '@lustrebackup/core/state/meta-layout'
import { loadState } from '@lustrebackup/core/state/state-file'
import { loadFound, saveFound } from '@lustrebackup/core/target/compare-state'
import { formatTargetBackup, parseTargetBackup } from '@lustrebackup/core/target/target-state'
import { loadPrepared, savePrepared } from '@lustrebackup/core/target/transfer-state'
import { LargeDone } from '@lustrebackup/core/transfer/large-done'
import { parseFid } from '@lustrebackup/core/types/fid'
import { parsePath } from '@lustrebackup/core/types/path-bytes'
import { expect } from 'vitest'
import { clearly, type Subject } from '../support/subject.js'

const fid = parseFid('[0x200000401:0x1:0x0]')!
const owed = [{ fid, path: parsePath(Buffer.from([0x61, 0xff]))!, reason: 'because' }]

const SOURCE_BACKUP = formatSourceBackup({
  fsname: 'src',
  timestamp: 1_700_086_400,
  snapshotName: 'src-backup-1700086400',
  base: 1_700_000_000,
  headerDigest: 'a'.repeat(64),
  cursors: [{ mdt: 'MDT0000', recno: 2n ** 60n }],
  roots: { dataPath: fid, metaBasepath: fid },
  dataPath: 'data',
  startedAt: 1_700_086_500,
  finishedAt: null,
  owed: [fid],
})

const TARGET_BACKUP = formatTargetBackup({
  fsname: 'src',
  timestamp: 1_700_086_400,
  snapshotName: 'src-backup-1700086400',
  kind: 'incremental',
  base: 1_700_000_000,
  headerDigest: 'a'.repeat(64),
  phase: 'data',
  startedAt: 1,
  finishedAt: null,
  startedFrom: 'base',
  phaseSeconds: { fetch: 0.1 },
  totals: {
    fileCount: 1n,
    contentBytes: 2n ** 60n,
    receivedBytes: 3n,
    entries: { done: 1, repaired: 0, owed: 1 },
    removedCount: 0,
    driftCount: 0,
    comparison: null,
    incompleteDirectories: false,
  },
  owed,
  tree: { dataPath: '/backup', ino: 2n ** 61n },
  treeEntryCount: 1,
  treeBytes: 1n,
  acknowledged: false,
})

const CANARY = formatCanary({
  madeAt: 1_700_000_000,
  mdts: [{ mdt: 'MDT0000', fromRecno: 5n, expected: [{ type: 'CREAT', fid, path: 'a' }] }],
})

const HOLDER = { host: 'h', bootId: 'b', pid: 1, startTicks: '2', command: 'c', since: 3 }

/** What this software keeps on disk. Somebody may have edited it, or a disk may have: it is read with the same care. */
export function stateSubjects(folder: string): Subject[] {
  const layout = metaLayout(folder)
  makeMetaFolders(layout)
  return [
    stateSubject(folder, 'backup of a source', json(SOURCE_BACKUP), parseSourceBackup),
    stateSubject(folder, 'backup of a target', json(TARGET_BACKUP), parseTargetBackup),
    stateSubject(folder, 'canary', json(CANARY), parseCanary),
    stateSubject(folder, 'lock', Buffer.from(lockContent({ holder: HOLDER, released: false })), parseLockRecord),
    fileSubject(
      'what a comparison found',
      written(join(folder, 'found'), (file) => saveFound(file, FOUND)),
      loadFound,
    ),
    fileSubject(
      'prepared lists',
      written(join(folder, 'prepared'), (file) => savePrepared(file, PREPARED)),
      loadPrepared,
    ),
    fileSubject('large files that are done', { file: join(folder, 'done'), valid: Buffer.from(`${fid}\n`) }, (file) =>
      LargeDone.open(file).close(),
    ),
    fileSubject('drift', driftOf(folder), (file) => DriftLog.open(file).close()),
    fileSubject('list of snapshots', { file: layout.snapshotList, valid: json(SNAPSHOTS) }, () => loadSnapshotList(layout, 'src')),
  ]
}

const NOTHING_FOUND = {
  entryCount: 0,
  differences: { missing: 0, extra: 0, 'other-type': 0, 'other-content': 0, 'other-attributes': 0, 'other-links': 0 },
}
const FOUND = { parts: [], counts: NOTHING_FOUND, owed }
const PREPARED = {
  data: [{ file: '/x', pathCount: 1, sizeBytes: 2n, isSmall: true }],
  attributes: [],
  root: true,
  hasLarge: false,
  hasReleased: false,
}
const SNAPSHOTS = {
  format: 'lustrebackup-snapshot-list',
  version: 1,
  fsname: 'src',
  listedAt: 1,
  snapshots: [
    {
      name: 's',
      fsname: 'src',
      snapshotFsname: 'x',
      timestamp: 1,
      createTime: '',
      modifyTime: '',
      comment: null,
      mounted: false,
      ours: true,
    },
  ],
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value))
}

function written(file: string, save: (file: string) => void): { readonly file: string; readonly valid: Buffer } {
  save(file)
  return { file, valid: readFileSync(file) }
}

function driftOf(folder: string): { readonly file: string; readonly valid: Buffer } {
  const file = join(folder, 'drift.ndjson')
  const drift = DriftLog.open(file)
  drift.add('in-the-way', owed[0]!.path)
  drift.addMissing({ fid, path: owed[0]!.path, type: 'f' })
  drift.close()
  return { file, valid: readFileSync(file) }
}

function stateSubject(folder: string, name: string, valid: Buffer, parse: (value: unknown) => unknown): Subject {
  return fileSubject(name, { file: join(folder, 'state.json'), valid }, (file) => loadState(file, parse))
}

function fileSubject(
  name: string,
  { file, valid }: { readonly file: string; readonly valid: Buffer },
  load: (file: string) => unknown,
): Subject {
  return {
    name: `state: ${name}`,
    form: 'json',
    seeds: [valid],
    check(input, _random, isValid) {
      writeFileSync(file, input)
      const loaded = clearly(() => load(file))
      if (isValid) expect(loaded).not.toBeNull()
    },
  }
}
