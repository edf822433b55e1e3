import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { appendResult } from '../support/results.mjs'
import { runInProcess } from '../support/run-in-process.mjs'
import { printTable } from '../support/table.mjs'

const PROCESS = fileURLToPath(new URL('reduce-distinct.mjs', import.meta.url))

export const OPTIONS = {
  records: 'how many records, in millions (default 2,20,60)',
  factor: 'user_memory_factor (default 0: automatic)',
  folder: 'where what does not fit into memory goes (default: that for temporary files)',
}

/** Memory of the touched set where most records name a file that none has named before, in one thread. */
export async function bench({ records = '2,20,60', factor = '0', folder = tmpdir() }) {
  const figures = []
  for (const millions of records.split(',')) {
    figures.push(await runInProcess(PROCESS, { records: Number(millions) * 1e6, factor: Number(factor), parent: folder }))
  }
  printTable(figures.map(row))
  appendResult('distinct', { factor: Number(factor), figures })
}

function row({ records, distinct, entriesInMemory, cpuSeconds, shardCpuSeconds, peakMib }) {
  return {
    records: records.toLocaleString('en-US'),
    'FIDs touched': distinct.toLocaleString('en-US'),
    'kept in memory': Math.min(distinct, entriesInMemory).toLocaleString('en-US'),
    'records/CPU s': Math.round(records / cpuSeconds).toLocaleString('en-US'),
    'CPU s for the shards': shardCpuSeconds.toFixed(1),
    'peak MiB': Math.round(peakMib),
  }
}
