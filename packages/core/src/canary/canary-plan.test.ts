import { expect, it } from 'vitest'
import { CANARY_FILES, type CanaryGeneration, planCanary, recordsOf } from './canary-plan.js'
import { CANARY_TYPES } from './canary-types.js'

const FRESH = [...CANARY_FILES, 'linked-too', 'symlink']
const CHANGED = ['changed', 'linked', 'linked-too', 'renamed-since', 'symlink', 'written']
const generation = (folder: string, names: readonly string[]): CanaryGeneration => ({ folder, names })

const show = (existing: readonly CanaryGeneration[]) =>
  planCanary('MDT0001', existing).map(({ kind, folder }) => `${kind} ${folder.slice(8)}`)

it.each<[string, readonly CanaryGeneration[], readonly string[]]>([
  ['the first run makes what earlier runs would have left', [], ['make 1', 'make 2', 'fill 2', 'make 3', 'fill 3', 'change 2', 'remove 1']],
  [
    'every later run makes one, changes one, removes one',
    [generation('MDT0001.8', CHANGED), generation('MDT0001.9', FRESH)],
    ['make 10', 'fill 10', 'change 9', 'remove 8'],
  ],
  [
    'a run that died while it filled',
    [generation('MDT0001.9', FRESH), generation('MDT0001.10', ['changed', 'linked'])],
    ['make 11', 'fill 11', 'change 9', 'remove 10'],
  ],
  [
    'a run that died while it changed',
    [generation('MDT0001.9', FRESH.slice(1)), generation('MDT0001.10', FRESH)],
    ['make 11', 'fill 11', 'change 10', 'remove 9'],
  ],
  [
    'runs that died, one after the other',
    [generation('MDT0001.1', []), generation('MDT0001.2', []), generation('MDT0001.3', ['x'])],
    ['make 4', 'fill 4', 'make 5', 'fill 5', 'change 4', 'remove 3', 'remove 2', 'remove 1'],
  ],
  [
    'other MDTs, other folders',
    [generation('MDT0000.7', FRESH), generation('notes', []), generation('MDT0001.x', [])],
    ['make 1', 'make 2', 'fill 2', 'make 3', 'fill 3', 'change 2', 'remove 1'],
  ],
])('%s', (_, existing, steps) => {
  expect(show(existing)).toEqual(steps)
})

it('makes every type of record, in the first run as in later ones', () => {
  for (const existing of [[], [generation('MDT0001.8', CHANGED), generation('MDT0001.9', FRESH)]]) {
    const types = new Set(
      planCanary('MDT0001', existing)
        .flatMap(recordsOf)
        .map(({ type }) => type),
    )
    expect([...types].toSorted()).toEqual(CANARY_TYPES.toSorted())
  }
})
