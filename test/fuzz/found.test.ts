import { expect, it } from 'vitest'
import type { Operation, Setting } from './operations.js'
import { play } from './rig.js'

/** Sequences that once left a target that differed, each shrunk to what it takes. */
const FOUND: readonly [string, Setting, readonly Operation[]][] = [
  ['what it is about', { mdts: 1, area: 'whole' }, [['snapshot', 'soon'], ['map', 'incremental'], ['lose-done', 'before'], ['backup']]],
]

it.each(FOUND)('%s', async (_, setting, operations) => {
  expect((await play(setting, operations)).backupCount).toBeGreaterThan(0)
})
