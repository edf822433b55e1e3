import { expect, it } from 'vitest'
import type { EntryType } from '../backupmap/backupmap-types.js'
import type { EntryStat } from '../tree/tree-port.js'
import { planEntry } from './entry-plan.js'
import { type FoundEntry, OVERWRITE, type Overwrite } from './restore-types.js'

function found(type: EntryType, more: Partial<EntryStat> = {}, linkTarget: string | null = type === 'l' ? 'x' : null): FoundEntry {
  const stat = { type, mode: 0o644, uid: 1, gid: 1, nlink: 1, size: 10n, mtimeNs: 100n, dev: 1n, ino: 1n, rdev: null, ...more }
  return { stat, linkTarget: linkTarget === null ? null : Buffer.from(linkTarget), allocatedBytes: 0n }
}

const FILE = found('f')
const FOLDER = found('d')
const CASES: [string, FoundEntry, FoundEntry | null, Record<Overwrite, string>][] = [
  ['nothing is there', FILE, null, { never: 'create', 'if-older': 'create', always: 'create' }],
  ['folders meet', FOLDER, found('d', { mtimeNs: 1n }), { never: 'enter', 'if-older': 'enter', always: 'enter' }],
  ['a folder is in the way', FILE, found('d', { mtimeNs: 1n }), { never: 'refuse', 'if-older': 'refuse', always: 'refuse' }],
  [
    'a symlink is in the way of a folder',
    FOLDER,
    found('l', { mtimeNs: 200n }),
    { never: 'refuse', 'if-older': 'refuse', always: 'replace' },
  ],
  ['an older file', FILE, found('f', { mtimeNs: 99n }), { never: 'keep', 'if-older': 'replace', always: 'replace' }],
  ['a newer file', FILE, found('f', { mtimeNs: 101n }), { never: 'keep', 'if-older': 'keep', always: 'replace' }],
  ['another size at the same time', FILE, found('f', { size: 11n }), { never: 'keep', 'if-older': 'keep', always: 'replace' }],
  ['the same size and time', FILE, found('f', { uid: 2 }), { never: 'same', 'if-older': 'same', always: 'compare' }],
  ['a symlink in place of a file', FILE, found('l'), { never: 'keep', 'if-older': 'keep', always: 'replace' }],
  ['the same symlink', found('l'), found('l'), { never: 'same', 'if-older': 'same', always: 'same' }],
  ['a symlink to elsewhere', found('l'), found('l', {}, 'y'), { never: 'keep', 'if-older': 'keep', always: 'replace' }],
  [
    'a device of another number',
    found('c', { rdev: [1, 3] }),
    found('c', { rdev: [1, 5] }),
    { never: 'keep', 'if-older': 'keep', always: 'replace' },
  ],
]

it.each(CASES)('%s', (_, wanted, there, kinds) => {
  expect(Object.fromEntries(OVERWRITE.map((overwrite) => [overwrite, planEntry(wanted, there, overwrite).kind]))).toEqual(kinds)
})
