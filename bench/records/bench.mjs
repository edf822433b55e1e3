import { fileURLToPath } from 'node:url'
import { printGoals } from '../support/goals.mjs'
import { appendResult } from '../support/results.mjs'
import { runInProcess } from '../support/run-in-process.mjs'
import { printTable } from '../support/table.mjs'

const WORKER = fileURLToPath(new URL('reduce.mjs', import.meta.url))

export const OPTIONS = {
  records: 'how many, in millions (default 4)',
  large: 'how many for the memory, in millions (default 20; 0 = none)',
  objects: 'FIDs that they name, in thousands (default 500)',
  rounds: 'how often everything is run; the fastest of each counts (default 3)',
}

/** Packed records to a reduced touched set, in one thread, against an object a record and a Map. */
export async function bench({ records = '4', large = '20', objects = '500', rounds = '3' }) {
  const task = { count: Number(records) * 1e6, objects: Number(objects) * 1e3 }
  const figures = new Map()
  for (let round = 0; round < Number(rounds); round += 1) {
    for (const method of ['plain', 'ours']) {
      const figure = await runInProcess(WORKER, { ...task, method })
      if (!(figures.get(method)?.cpuSeconds <= figure.cpuSeconds)) figures.set(method, figure)
    }
  }
  if (Number(large) > 0) figures.set('large', await runInProcess(WORKER, { ...task, count: Number(large) * 1e6, method: 'ours' }))
  const [plain, ours] = [figures.get('plain'), figures.get('ours')]
  if (plain.touched !== ours.touched) throw new Error(`the sets differ: ${plain.touched} and ${ours.touched} FIDs`)
  const all = [...figures.values()]
  printTable(all.map(row))
  process.stdout.write('\n')
  const goals = printGoals([
    { figure: 'million records a second of a processor', value: ours.count / ours.cpuSeconds / 1e6, atLeast: 2 },
    { figure: 'speed to an object a record and a Map', value: plain.cpuSeconds / ours.cpuSeconds, atLeast: 4 },
    { figure: `bytes a FID, of ${all.at(-1).count / 1e6} million records`, value: all.at(-1).setBytes / all.at(-1).touched, atMost: 64 },
  ])
  appendResult('records', { figures: all, goals })
  return goals
}

function row({ method, count, cpuSeconds, touched, peakMib }) {
  return {
    method,
    records: count.toLocaleString('en-US'),
    'records/CPU s': Math.round(count / cpuSeconds).toLocaleString('en-US'),
    'CPU s': cpuSeconds.toFixed(2),
    'FIDs touched': touched.toLocaleString('en-US'),
    'peak MiB': Math.round(peakMib),
  }
}
