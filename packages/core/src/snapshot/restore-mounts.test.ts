import { expect, it } from 'vitest'
import { processStartTicks } from '../state/lock-holder.js'
import { restorePostfix, restoreState } from './restore-mounts.js'

const OWN = { pid: process.pid, startTicks: processStartTicks(process.pid)! }

it('knows the mount of a restore that runs from one that is over, and from any other', () => {
  expect(restoreState(restorePostfix(OWN))).toBe('running')
  expect(restoreState(restorePostfix({ ...OWN, startTicks: '1' }))).toBe('over')
  expect(['map', 'manual', 'restore', 'restore-x-1'].map(restoreState)).toEqual([null, null, null, null])
})
