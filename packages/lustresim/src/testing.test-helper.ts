import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { type CreateOptions, Lustresim } from './sim.js'

export const START_SECONDS = 1_795_383_698n

/** A clock that stands still until it is moved. */
export function manualClock(seconds = START_SECONDS) {
  let now = seconds * 1_000_000_000n
  return {
    now: () => now,
    advance: (by: number) => {
      now += BigInt(by) * 1_000_000_000n
    },
  }
}

const made: Lustresim[] = []

afterEach(() => {
  for (const sim of made.splice(0)) sim.destroy()
})

/** A simulator in a folder of its own, removed after the test. Snapshot names count up: 00000001, 00000002, … */
export function makeSim(options: Partial<CreateOptions> = {}): Lustresim {
  let counter = 0
  const sim = Lustresim.create(mkdtempSync(join(tmpdir(), 'lustresim-test-')), {
    filesystems: [{ name: 'src', mdts: 2, osts: 2 }],
    now: manualClock().now,
    randomFsname: () => (++counter).toString(16).padStart(8, '0'),
    ...options,
  })
  made.push(sim)
  return sim
}
