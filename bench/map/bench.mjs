import { availableParallelism, tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { printGoals } from '../support/goals.mjs'
import { appendResult } from '../support/results.mjs'
import { runInProcess } from '../support/run-in-process.mjs'
import { printTable } from '../support/table.mjs'

const PROCESS = fileURLToPath(new URL('make-map.mjs', import.meta.url))

export const OPTIONS = {
  files: 'how many files were touched, in thousands (default 10,100,1000,10000)',
  threads: 'worker threads (default: the processors; 0 = none, for a profiler)',
  folder: 'where the map is written (default: that for temporary files)',
}

/** Changelog to backupmap: the engine as it is, on a generated changelog and a generated file system that answers at once. */
export async function bench({ files = '10,100,1000,10000', threads = String(availableParallelism()), folder = tmpdir() }) {
  const figures = []
  for (const thousands of files.split(',')) {
    figures.push(await runInProcess(PROCESS, { count: Number(thousands) * 1000, threads: Number(threads), folder }))
  }
  printTable(figures.map(row))
  process.stdout.write('\n')
  const goals = printGoals(goalsOf(figures))
  appendResult('map', { threads: Number(threads), figures, goals })
  return goals
}

/** Of the largest map; linear is seen where starting counts no more, in the step before it. */
function goalsOf(figures) {
  const largest = figures.at(-1)
  const before = figures.at(-2)
  const perFid = ({ seconds, touched }) => seconds / touched
  const name = `map of ${largest.touched.toLocaleString('en-US')} FIDs`
  return [
    { figure: `${name}: thousand FIDs a second`, value: largest.touched / largest.seconds / 1000, atLeast: 150 },
    { figure: `${name}: peak MiB`, value: largest.peakMib, atMost: 1536 },
    ...(before === undefined
      ? []
      : [
          {
            figure: `${name}: time of a FID to that with ${before.touched.toLocaleString('en-US')}`,
            value: perFid(largest) / perFid(before),
            atMost: 1.1,
          },
        ]),
  ]
}

function row({ touched, records, seconds, cpuSeconds, peakMib, steps }) {
  return {
    'FIDs touched': touched.toLocaleString('en-US'),
    records: records.toLocaleString('en-US'),
    seconds: seconds.toFixed(2),
    'CPU s': cpuSeconds.toFixed(2),
    'FIDs/s': Math.round(touched / seconds).toLocaleString('en-US'),
    'peak MiB': Math.round(peakMib),
    ...Object.fromEntries(steps.map(({ step, seconds: taken }) => [`s: ${step}`, taken.toFixed(2)])),
  }
}
