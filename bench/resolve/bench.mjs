import { mkdirSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packPaths } from '../../native/lustreapi/dist/path-list.js'
import { IN_FLIGHT } from '../../packages/core/dist/backupmap/map-workers.js'
import { Touched } from '../../packages/core/dist/changelog/touched-types.js'
import { nativeLustre } from '../../packages/core/dist/lustre/native-lustre.js'
import { openLustreapi } from '../../packages/core/dist/lustre/open-lustreapi.js'
import { sharedCounter } from '../../packages/core/dist/workers/shared-counter.js'
import { createPoolOf } from '../../packages/core/dist/workers/thread-pool.js'
import { printGoals } from '../support/goals.mjs'
import { appendResult } from '../support/results.mjs'
import { simTree } from '../support/sim-tree.mjs'
import { printTable } from '../support/table.mjs'
import { resolveOneAtATime } from './one-at-a-time.mjs'

const WORKER = fileURLToPath(new URL('resolve-worker.mjs', import.meta.url))

export const OPTIONS = {
  files: 'how many files are touched, written and with other attributes ; far fewer are done before the compiler is (default 60000)',
  alone: 'how many of them are resolved one at a time (default 1000)',
  latency: 'wait of each lookup, in microseconds (default 300)',
  threads: 'worker threads (default: the processors)',
  folder: 'where the file system is made (default: that for temporary files)',
}

/** Touched FIDs to lines of a map, on the simulator with a wait in each lookup, beside the same lookups one at a time. */
export async function bench({
  files = '60000',
  alone = '1000',
  latency = '300',
  threads = String(availableParallelism()),
  folder = tmpdir(),
}) {
  const tree = simTree(folder, Number(files))
  try {
    return await measure(tree, { alone: Number(alone), latency: Number(latency), threads: Number(threads) })
  } finally {
    tree.close()
  }
}

async function measure({ sim, folder, paths, mountPoints }, { alone, latency, threads }) {
  const lustre = nativeLustre(openLustreapi(sim.library), IN_FLIGHT)
  const trees = mountPoints.map((point) => lustre.openTree(point))
  const { fids } = await trees[1].path2fid(packPaths(paths.map((path) => Buffer.from(path))))
  sim.setFaults({ lookup_latency_us: latency })
  const single = await timed(() => resolveOneAtATime(trees, fids.subarray(0, alone * 16)))
  const pool = openPool(sim, folder, mountPoints, threads)
  // Threads and addon are warm then.
  await resolve(pool, threads, fids.subarray(0, 2048 * 16))
  const batched = await timed(() => resolve(pool, threads, fids))
  const closed = await Promise.all(Array.from({ length: threads }, (_, worker) => pool.runOn(worker, { kind: 'close' })))
  await pool.close()
  const rates = { single: alone / single.seconds, batched: paths.length / batched.seconds }
  printTable([
    { method: 'one at a time', FIDs: alone, seconds: single.seconds.toFixed(2), 'FIDs/s': Math.round(rates.single) },
    { method: `${threads} threads`, FIDs: paths.length, seconds: batched.seconds.toFixed(2), 'FIDs/s': Math.round(rates.batched) },
  ])
  const counts = sumOf(closed.map((output) => output.counts))
  const ratio = rates.batched / rates.single
  process.stdout.write(`\nlookups, warming up included: ${JSON.stringify(counts)}\n\n`)
  const goals = printGoals([{ figure: `speed to one lookup at a time, ${latency / 1000} ms each`, value: ratio, atLeast: 40 }])
  appendResult('resolve', { latency, threads, single, batched, files: paths.length, alone, goals, counts })
  return goals
}

function openPool(sim, folder, [s0MountPoint, s1MountPoint], threads) {
  const work = { folder: join(folder, 'map'), partitionFolder: join(folder, 'partitions') }
  for (const one of Object.values(work)) mkdirSync(one)
  const settings = {
    ...work,
    liblustreapi: sim.library,
    inFlight: IN_FLIGHT,
    s0MountPoint,
    s1MountPoint,
    dataPath: new Uint8Array(0),
    metaBasepath: null,
    reachBytes: 4080,
    migrationPairs: new Uint32Array(0),
    recheckSinceNs: 0n,
    counter: sharedCounter(),
    stop: new Int32Array(new SharedArrayBuffer(4)),
  }
  return createPoolOf('map', WORKER, settings, threads)
}

/** A shard for each thread. */
async function resolve(pool, threads, fids) {
  const each = Math.ceil(fids.length / 16 / threads) * 16
  await Promise.all(
    Array.from({ length: threads }, (_, shard) => {
      const entries = [entriesOf(fids.subarray(shard * each, (shard + 1) * each))]
      return pool.run({ kind: 'resolve', entries, done: [], names: null })
    }),
  )
}

function entriesOf(fids) {
  const words = new Uint32Array(Uint8Array.from(fids).buffer)
  const entries = new Uint32Array((words.length / 4) * 5)
  for (let fid = 0; fid < words.length / 4; fid += 1) {
    entries.set(words.subarray(fid * 4, fid * 4 + 4), fid * 5)
    entries[fid * 5 + 4] = Touched.data | Touched.meta
  }
  return entries
}

async function timed(work) {
  const [started, before] = [performance.now(), process.cpuUsage()]
  await work()
  const used = process.cpuUsage(before)
  return { seconds: (performance.now() - started) / 1000, cpuSeconds: (used.user + used.system) / 1e6 }
}

function sumOf(all) {
  const sums = {}
  for (const counts of all) for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count
  return sums
}
