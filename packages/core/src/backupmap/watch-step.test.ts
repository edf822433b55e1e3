import { expect, it } from 'vitest'
import type { BackupProgress } from '../target/backup-ports.js'
import { addToCounter, sharedCounter } from '../workers/shared-counter.js'
import { watchStep } from './watch-step.js'

it('shows what a step has done since it began, at its begin and at its end, also of one that fails', async () => {
  const counter = sharedCounter()
  addToCounter(counter, 100)
  const shown: BackupProgress[] = []
  const step = { phase: 'walk', unit: 'entries', total: 5 }
  const failing = watchStep(
    (progress) => void shown.push(progress),
    step,
    counter,
    async () => {
      addToCounter(counter, 7)
      throw new Error('stopped')
    },
  )
  await expect(failing).rejects.toThrow('stopped')
  expect(shown.map(({ doneFiles, totalFiles, unit }) => `${doneFiles} of ${totalFiles} ${unit}`)).toEqual([
    '0 of 5 entries',
    '7 of 7 entries',
  ])
})
