import { expect, it } from 'vitest'
import type { Fid } from '../types/fid.js'
import { planDecision, recordTypeName } from './explain-plan.js'
import type { ExplainedRecord, ExplainedSide, ExplainFacts } from './explain-types.js'

const STAT = { type: 'f', mode: 0o644, uid: 1, gid: 1, size: 5n, mtimeNs: 1n, nlink: 1 } as const
const side = (path: string | null, more: object = {}, dataVersion = 1n): ExplainedSide => ({
  snapshotName: 's',
  paths: path === null ? [] : [Buffer.from(path)],
  stat: path === null ? null : { ...STAT, ...more },
  dataVersion: path === null ? null : dataVersion,
})
const record = (type: string, role: ExplainedRecord['role'] = 'target'): ExplainedRecord => ({
  mdt: 'MDT0000',
  recno: 1n,
  atSeconds: 1,
  type,
  flags: 0,
  role,
  name: Buffer.from('x'),
})
const FACTS: ExplainFacts = {
  fid: '[0x1:0x2:0x0]' as Fid,
  s0: side('a'),
  s1: side('a'),
  inAreaS0: true,
  inAreaS1: true,
  records: [],
  recordCount: 0,
  sets: [],
  map: { kind: 'incremental', lines: [] },
}
const decide = (more: Partial<ExplainFacts>) => {
  const records = more.records ?? []
  return planDecision({ ...FACTS, recordCount: records.length, ...more }).join('\n')
}

it.each<[string, Partial<ExplainFacts>, RegExp]>([
  ['untouched', {}, /not in the incremental map[\s\S]*Nothing touched it[\s\S]*there is nothing to do/],
  ['only read', { records: [record('OPEN'), record('CLOSE')] }, /2 records of the interval name it\.\n.*of reading only/],
  ['written', { records: [record('OPEN'), record('SATTR')], s1: side('a', {}, 2n) }, /^(?![\s\S]*reading only)[\s\S]*with other data\./],
  ['named as a folder', { records: [record('CREAT', 'parent')], s1: side('a', { mtimeNs: 2n }) }, /with other time of change/],
  ['owed and open', { sets: ['opener', 'owed'] }, /had it open for writing at the last backup; the target is owed it/],
  ['moved', { s1: side('b') }, /with other paths\./],
  ['made', { s0: side(null), inAreaS0: false }, /it is created on the target/],
  ['removed', { s1: side(null), inAreaS1: false }, /Only the base has it: it is removed/],
  ['temporary', { s0: side(null), s1: side(null), inAreaS0: false, inAreaS1: false }, /in neither snapshot/],
  ['outside', { inAreaS0: false, inAreaS1: false }, /None of its paths is backed up/],
  ['came in', { inAreaS0: false }, /It came into what is backed up/],
  ['went out', { inAreaS1: false }, /It left what is backed up/],
  ['no base', { s0: null }, /no base to compare with/],
  ['no map', { map: null }, /has no map yet/],
  [
    'full map',
    { map: { kind: 'full', lines: [{ kind: 'data', line: '{}' }] } },
    /in the full map:\n {2}data: its content is transferred\n.*records decide nothing/,
  ],
])('%s', (_, more, words) => expect(decide(more)).toMatch(words))

it('names types of records', () => expect([8, 99].map(recordTypeName)).toEqual(['RENME', 'type 99']))
