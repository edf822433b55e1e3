/** Walks a folder in this process as a full map does, and tells what that took. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createMapJob } from '../../packages/core/dist/backupmap/map.job.js'
import { finishParts, withMapPool } from '../../packages/core/dist/backupmap/map-workers.js'
import { groupWalked, walkTree } from '../../packages/core/dist/backupmap/walk-run.js'
import { inlinePool } from '../../packages/core/dist/workers/inline-pool.js'
import { sharedCounter } from '../../packages/core/dist/workers/shared-counter.js'
import { createPoolOf } from '../../packages/core/dist/workers/thread-pool.js'

const silent = { debug() {}, info() {}, warning() {}, error() {} }

process.once('message', async ({ parent, ...task }) => {
  const work = mkdtempSync(join(parent, 'lustrebackup-bench-'))
  try {
    process.send(await walk({ ...task, work }), () => process.exit(0))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
})

/** `worker`: the file of an installed worker, as commands start it. */
async function walk({ tree, library, threads, worker, work }) {
  const folders = { folder: join(work, 'map'), partitionFolder: join(work, 'partitions') }
  for (const one of Object.values(folders)) mkdirSync(one)
  const context = {
    config: { lustre: { liblustreapi: library } },
    log: silent,
    signal: new AbortController().signal,
    pools: { map: (settings) => openPool(settings, threads, worker) },
  }
  const site = {
    ...folders,
    counter: sharedCounter(),
    base: null,
    snapshot: { timestamp: 4_000_000_000 },
    mountPoint: tree,
    area: { dataPath: Buffer.alloc(0), metaBasepath: null, reachBytes: 4080 },
    roots: { dataPath: '[0x200000007:0x1:0x0]' },
  }
  const [started, before] = [performance.now(), process.cpuUsage()]
  const entries = await withMapPool(context, site, new Uint32Array(0), async (pool) => {
    const walked = await walkTree(context, site, pool, true)
    await groupWalked(pool, true)
    await finishParts(pool)
    return walked.entryCount
  })
  const used = process.cpuUsage(before)
  const cpuSeconds = (used.user + used.system) / 1e6
  return { entries, seconds: (performance.now() - started) / 1000, cpuSeconds, peakMib: process.resourceUsage().maxRSS / 1024 }
}

/** No threads: all in the main one, where a profiler sees it. */
function openPool(settings, threads, worker) {
  return threads > 0 ? createPoolOf('map', worker, settings, threads) : inlinePool(createMapJob, settings, 1)
}
