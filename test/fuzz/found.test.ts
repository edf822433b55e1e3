import { expect, it } from 'vitest'
import type { Operation, Setting } from './operations.js'
import { play } from './rig.js'

/** Sequences that once left a target that differed, or stopped a run; each shrunk to what it takes. */
const FOUND: readonly [string, Setting, readonly Operation[]][] = [
  [
    'simulator: data written to a device are no data of the file system',
    { mdts: 1, area: 'excluded', largeBytes: 1_000_000_000, compareDays: 0 },
    [
      ['mknod', 'b', 'char'],
      ['write', 'b', 'xy', 'unflushed'],
      ['snapshot', 'soon'],
    ],
  ],
  [
    'a full map of a file system that was quiet since its base keeps the cursors',
    { mdts: 3, area: 'folder', largeBytes: 1_000_000_000, compareDays: 0 },
    [['snapshot', 'soon'], ['map', 'incremental'], ['backup'], ['snapshot', 'hour'], ['map', 'full'], ['backup'], ['chmod', 'p', 0o775]],
  ],
  [
    'paths of more than 2048 bytes, which rsync loses among others in a list',
    { mdts: 3, area: 'folder', largeBytes: 1_000_000_000, compareDays: 0 },
    [['deep', 'p', 100, 255]],
  ],
  [
    'a new large file whose second name is that of another file on the target',
    { mdts: 1, area: 'whole', largeBytes: 4096, compareDays: 0 },
    [
      ['write', 'c', 'small', 'flushed'],
      ['snapshot', 'soon'],
      ['map', 'incremental'],
      ['backup'],
      ['unlink', 'c'],
      ['create', 'b'],
      ['sparse', 'b', 4096],
      ['link', 'b', 'c'],
      ['snapshot', 'soon'],
      ['map', 'full'],
      ['backup'],
    ],
  ],
]

it.each(FOUND)('%s', async (_, setting, operations) => {
  expect((await play(setting, operations)).backupCount).toBeGreaterThan(0)
})
