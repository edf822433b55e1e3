import { REACH_BYTES } from '@lustrebackup/core/backupmap/area'
import { expect, it } from 'vitest'
import type { Operation, Setting } from './operations.js'
import { play } from './rig.js'

/** Sequences that once left a target that differed, or stopped a run; each shrunk to what it takes. */
const FOUND: readonly [string, Setting, readonly Operation[]][] = [
  [
    'simulator: data written to a device are no data of the file system',
    { mdts: 1, area: 'excluded', largeBytes: 1_000_000_000, compareDays: 0, reachBytes: REACH_BYTES },
    [
      ['mknod', 'b', 'char'],
      ['write', 'b', 'xy', 'unflushed'],
      ['snapshot', 'soon'],
    ],
  ],
  [
    'a full map of a file system that was quiet since its base keeps the cursors',
    { mdts: 3, area: 'folder', largeBytes: 1_000_000_000, compareDays: 0, reachBytes: REACH_BYTES },
    [['snapshot', 'soon'], ['map', 'incremental'], ['backup'], ['snapshot', 'hour'], ['map', 'full'], ['backup'], ['chmod', 'p', 0o775]],
  ],
  [
    'paths of more than 2048 bytes, which rsync loses among others in a list',
    { mdts: 3, area: 'folder', largeBytes: 1_000_000_000, compareDays: 0, reachBytes: REACH_BYTES },
    [['deep', 'p', 100, 255]],
  ],
  [
    'a new large file whose second name is that of another file on the target',
    { mdts: 1, area: 'whole', largeBytes: 4096, compareDays: 0, reachBytes: REACH_BYTES },
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
  [
    'paths that are too long for the calls, by one map and then another, until they are shorter again',
    { mdts: 2, area: 'excluded', largeBytes: 1_000_000_000, compareDays: 'always', reachBytes: 6 },
    [
      ['mkdir', 'a', 0],
      ['mkdir', 'a/b', 0],
      ['mkdir', 'b', 1],
      ['mkdir', 'b/c', 1],
      ['write', 'b/c/a', 'deep', 'flushed'],
      ['write', 'b/a', 'linked', 'flushed'],
      ['link', 'b/a', 'b/c/b'],
      ['snapshot', 'hour'],
      ['map', 'incremental'],
      ['backup'],
      ['rename', 'b', 'a/b/d'],
      ['link', 'a/b/d/c/b', 'c'],
      ['snapshot', 'hour'],
      ['map', 'incremental'],
      ['backup'],
      ['snapshot', 'hour'],
      ['map', 'full'],
      ['backup'],
      ['rename', 'a/b/d', 'd'],
      ['snapshot', 'hour'],
      ['map', 'incremental'],
      ['backup'],
    ],
  ],
  [
    'a target that was emptied is refused by an incremental map, and filled by a full one',
    { mdts: 3, area: 'both', compareDays: 0, reachBytes: REACH_BYTES, largeBytes: 1_000_000_000 },
    [
      ['mkdir', 'p/b', 0],
      ['symlink', 'c', 'p/b/b'],
      ['snapshot', 'soon'],
      ['map', 'incremental'],
      ['backup'],
      ['damage', 'b', 'remove'],
      ['snapshot', 'soon'],
      ['map', 'incremental'],
      ['backup'],
    ],
  ],
]

it.each(FOUND)('%s', async (_, setting, operations) => {
  expect((await play(setting, operations)).backupCount).toBeGreaterThan(0)
})
