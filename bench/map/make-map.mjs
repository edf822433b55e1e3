/** Makes one incremental map of the generated world in this process, and tells what that took. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { freemem, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runIncrementalMap } from '../../packages/core/dist/backupmap/incremental-map-run.js'
import { mapJobOn } from '../../packages/core/dist/backupmap/map.job.js'
import { StepClock } from '../../packages/core/dist/backupmap/step-clock.js'
import { createReduceJob } from '../../packages/core/dist/changelog/reduce.job.js'
import { planEntriesInMemory } from '../../packages/core/dist/changelog/touched-room-plan.js'
import { inlinePool } from '../../packages/core/dist/workers/inline-pool.js'
import { sharedCounter } from '../../packages/core/dist/workers/shared-counter.js'
import { createPool, createPoolOf } from '../../packages/core/dist/workers/thread-pool.js'
import { generatedLustre } from './generated-lustre.mjs'

const WORKER = fileURLToPath(new URL('map-worker.mjs', import.meta.url))
const silent = { debug() {}, info() {}, warning() {}, error() {} }
const EMPTY = Buffer.alloc(0)

process.once('message', async ({ count, threads, folder }) => {
  const work = mkdtempSync(join(folder, 'lustrebackup-bench-'))
  try {
    process.send(await makeMap(count, threads, work), () => process.exit(0))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
})

async function makeMap(count, threads, work) {
  const folders = { folder: join(work, 'map'), partitionFolder: join(work, 'partitions'), touchedFolder: join(work, 'touched') }
  for (const one of Object.values(folders)) mkdirSync(one)
  const elapsedSeconds = () => performance.now() / 1000
  const clock = new StepClock(silent, elapsedSeconds)
  const context = {
    config: { lustre: { liblustreapi: '' }, backup: { compareDays: 0 } },
    entriesInMemory: entriesInMemory(threads),
    lustre: generatedLustre(count),
    log: silent,
    signal: new AbortController().signal,
    pools: poolsOf(threads),
    progress: () => undefined,
    elapsedSeconds,
  }
  const site = {
    base: { backup: { timestamp: 1, owed: [] }, mountPoint: '/s0', map: null },
    snapshot: { timestamp: 100_000 },
    mountPoint: '/s1',
    area: { dataPath: EMPTY, metaBasepath: null, reachBytes: 4080 },
    logs: [{ mdt: 'MDT0000', mdtname: 'bench-MDT0000', startRecno: 1n, cursor: 0n }],
    ...folders,
    clock,
    counter: sharedCounter(),
  }
  const header = { tree: { entryCount: 0, sizeBytes: 0n }, comparison: { cursor: null, cycleStart: 1, directoryCount: 0, entryCount: 0 } }
  const [started, before] = [performance.now(), process.cpuUsage()]
  const content = await runIncrementalMap(context, site, header)
  const used = process.cpuUsage(before)
  return {
    count,
    touched: content.counts.touched,
    records: Number(content.mdts[0].recordCount),
    counts: Object.fromEntries(Object.entries(content.counts).map(([key, value]) => [key, Number(value)])),
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: (used.user + used.system) / 1e6,
    peakMib: process.resourceUsage().maxRSS / 1024,
    steps: clock.steps,
  }
}

/** As source_map plans it where nothing is configured. */
function entriesInMemory(threads) {
  return planEntriesInMemory({ total: totalmem(), available: freemem() }, { userMemoryFactor: 0, sysMemoryFactor: 0 }, threads + 2)
}

/** No threads: all in the main one, where a profiler sees it. */
function poolsOf(threads) {
  if (threads > 0) {
    return {
      reduce: (settings) => createPool('reduce', settings, threads),
      map: (settings) => createPoolOf('map', WORKER, settings, threads),
    }
  }
  const createJob = (settings, workerIndex) => mapJobOn(generatedLustre(0), settings, workerIndex)
  return { reduce: (settings) => inlinePool(createReduceJob, settings, 1), map: (settings) => inlinePool(createJob, settings, 1) }
}
