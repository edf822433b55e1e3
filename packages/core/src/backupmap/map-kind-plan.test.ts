import { describe, expect, it } from 'vitest'
import type { LogFacts } from '../changelog/inspect-log.js'
import { parseFid } from '../types/fid.js'
import type { MapHeader } from './backupmap-types.js'
import { type BaseFacts, planMapKind } from './map-kind-plan.js'

const fid = (oid: number) => parseFid(`[0x200000402:0x${oid.toString(16)}:0x0]`)!
const roots = { dataPath: fid(1), metaBasepath: fid(2) }
const base: NonNullable<BaseFacts['base']> = {
  fsname: 'src',
  timestamp: 100,
  snapshotName: 'src-backup-100',
  base: null,
  headerDigest: '',
  cursors: [
    { mdt: 'MDT0000', recno: 50n },
    { mdt: 'MDT0001', recno: 0n },
  ],
  roots,
  dataPath: 'data',
  startedAt: 100,
  finishedAt: 200,
  owed: [],
}
const log = (changes: Partial<LogFacts> = {}): LogFacts => ({
  mdt: 'MDT0000',
  cursor: 50n,
  firstAfter: 51n,
  first: 51n,
  hasCursor: false,
  ...changes,
})
const facts: BaseFacts = {
  base,
  hasSnapshot: true,
  map: {} as MapHeader,
  fsname: 'src',
  mdts: ['MDT0001', 'MDT0000'],
  roots,
  dataPath: 'data',
  logs: [log()],
  doubts: { atSnapshot: [], sinceBase: [] },
}

function show(changes: Partial<BaseFacts>, request = { full: false, onGap: 'fail' as 'fail' | 'full' }): string {
  const plan = planMapKind({ ...facts, ...changes }, request)
  return plan.kind === 'incremental' ? plan.kind : `${plan.kind}: ${plan.reasons.join('; ')}`
}

describe('planMapKind', () => {
  it.each<[string, Partial<BaseFacts>, string]>([
    ['all is as it was', {}, 'incremental'],
    ['first backup', { base: null, logs: [] }, 'full: there is no finished backup yet'],
    ['cleared records are still there', { logs: [log({ first: 1n, hasCursor: true })] }, 'incremental'],
    ['nothing new, log cleared', { logs: [log({ firstAfter: null, first: null })] }, 'incremental'],
    ['nothing new, log not cleared', { logs: [log({ firstAfter: null, first: 3n, hasCursor: true })] }, 'incremental'],
    ['empty log, cursor 0', { logs: [log({ cursor: 0n, firstAfter: null, first: null })] }, 'incremental'],
    ['first record after cursor 0', { logs: [log({ cursor: 0n, firstAfter: 1n, first: 1n })] }, 'incremental'],
    [
      'gap',
      { logs: [log({ firstAfter: 60n })] },
      'impossible: the changelog of MDT0000 continues with record 60, but the last backup ended with 50: records are lost',
    ],
    [
      'log ends before the cursor',
      { logs: [log({ firstAfter: null, first: 3n })] },
      'impossible: the changelog of MDT0000 begins with record 3 and ends before record 50, which the last backup holds',
    ],
    ['S0 is gone', { hasSnapshot: false }, 'impossible: the snapshot src-backup-100 of the last backup no longer exists'],
    ['map of S0 is gone', { map: null }, 'impossible: the map of the last backup (100) no longer exists or is damaged'],
    ['another file system', { fsname: 'x' }, 'impossible: the file system is x, that of the last backup was src'],
    ['another MDT', { mdts: ['MDT0000'] }, 'impossible: the MDTs are MDT0000, those of the last backup were MDT0000, MDT0001'],
    ['another data_path', { dataPath: '' }, 'impossible: data_path is /, that of the last backup was /data'],
    [
      'data_path replaced',
      { roots: { ...roots, dataPath: fid(9) } },
      'impossible: data_path is another directory ([0x200000402:0x9:0x0]) than at the last backup ([0x200000402:0x1:0x0])',
    ],
    [
      'meta_basepath replaced',
      { roots: { ...roots, metaBasepath: null } },
      'impossible: meta_basepath is another directory than at the last backup',
    ],
    ['S1 is not proven', { doubts: { atSnapshot: ['no RENME'], sinceBase: [] } }, 'impossible: no RENME'],
    ['a canary since S0 was not seen', { doubts: { atSnapshot: [], sinceBase: ['no user'] } }, 'impossible: no user'],
    [
      'a canary in a gap says nothing new',
      { fsname: 'x', doubts: { atSnapshot: [], sinceBase: ['no user'] } },
      'impossible: the file system is x, that of the last backup was src',
    ],
    [
      'S0 is not proven',
      { map: { unproven: ['no RENME', 'no SATTR'] } as unknown as MapHeader },
      'impossible: the changelogs may have lacked changes since the last backup: no RENME; no SATTR',
    ],
    ['meta_basepath is new', { base: { ...base, roots: { ...roots, metaBasepath: null } } }, 'incremental'],
  ])('%s', (_, changes, expected) => {
    expect(show(changes)).toBe(expected)
  })

  it('names every reason at once, and makes a full map where that is wanted', () => {
    const broken = { hasSnapshot: false, fsname: 'x' }
    expect(show(broken).split('; ')).toHaveLength(2)
    expect(show(broken, { full: false, onGap: 'full' })).toMatch(/^full: the snapshot .*; the file system is x/)
    expect(show({}, { full: true, onGap: 'fail' })).toBe('full: it was asked for')
  })
})
