import { expect, it } from 'vitest'
import { progressLine, progressOn } from './show-progress.js'

const step = { phase: 'data', doneBytes: 0n, totalBytes: 0n, doneFiles: 0, totalFiles: 0 }

it('shows rate and time left where the size is known', () => {
  const known = { ...step, doneBytes: 1024n ** 3n, totalBytes: 4n * 1024n ** 3n, doneFiles: 10, totalFiles: 40 }
  expect(progressLine(known, 10)).toBe('data: 10 of 40 files, 1 GiB of 4 GiB, 102 MiB/s, 30 s left')
  expect(progressLine({ ...step, doneFiles: 10, totalFiles: 40 }, 10)).toBe('data: 10 of 40 files, 1/s, 30 s left')
  expect(progressLine({ ...step, doneBytes: 1024n ** 3n, doneFiles: 1, totalFiles: 4, unit: 'parts' }, 10)).toBe(
    'data: 1 of 4 parts, 102 MiB/s, 30 s left',
  )
  expect(progressLine(step, 10)).toBe('data …')
  expect(progressLine({ ...step, doneFiles: 12_345, unit: 'records' }, 10)).toBe('data: 12 345 records, 1 235/s')
})

it('gives each phase a line and leaves the last one', () => {
  let written = ''
  const line = progressOn(
    (text) => {
      written += text
    },
    () => 0,
  )
  line.show(step)
  line.show(step)
  line.show({ ...step, phase: 'attributes' })
  line.end()
  line.end()
  expect(written.replaceAll('\r\x1b[K', '|')).toBe('|data …|data …\n|attributes …\n')
})
