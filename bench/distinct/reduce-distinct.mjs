/** Reduces a log in which ever new files appear, and reads the shards that it comes to, as the threads that resolve them do. */
import { mkdtempSync, rmSync } from 'node:fs'
import { freemem, totalmem } from 'node:os'
import { join } from 'node:path'
import { Identities } from '../../packages/core/dist/backupmap/identities.js'
import { readShard } from '../../packages/core/dist/backupmap/read-shard.js'
import { OPENERS_KEPT } from '../../packages/core/dist/changelog/reduce.job.js'
import { reduceRecords } from '../../packages/core/dist/changelog/reduce-records.js'
import { Reduction } from '../../packages/core/dist/changelog/reduction.js'
import { planEntriesInMemory } from '../../packages/core/dist/changelog/touched-room-plan.js'
import { openLog, RECORDS_OF_FILE } from '../map/generated-log.mjs'

const CHUNK_BYTES = 4 * 2 ** 20
const SHARD_FIDS = 500_000

process.once('message', async ({ records, factor, parent }) => {
  const folder = mkdtempSync(join(parent, 'lustrebackup-bench-'))
  try {
    process.send(await reduce(records, factor, folder), () => process.exit(0))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

async function reduce(records, factor, folder) {
  // A set alone, where a run has one for each of its threads and two more.
  const entriesInMemory = planEntriesInMemory(
    { total: totalmem(), available: freemem() },
    { userMemoryFactor: factor, sysMemoryFactor: factor === 0 ? 0 : 1 },
    1,
  )
  const reduction = new Reduction({ entriesInMemory, folder, name: 'r0' })
  const log = openLog(Math.round(records / RECORDS_OF_FILE))
  const before = process.cpuUsage()
  for (;;) {
    const buffer = new Uint8Array(CHUNK_BYTES)
    const length = await log.read(buffer)
    if (length === 0) break
    reduceRecords(buffer.subarray(0, length), reduction)
    reduction.touched.spillIfFull()
    if (reduction.openers.count > OPENERS_KEPT) reduction.takeOpeners()
  }
  const cpuSeconds = secondsSince(before)
  const between = process.cpuUsage()
  const { count } = reduction.touched
  let distinct = 0
  for (const shard of reduction.touched.export(Math.max(1, Math.ceil(count / SHARD_FIDS)))) {
    distinct += readShard(shard, [], new Identities(new Uint32Array(0))).bits.length
  }
  const peakMib = process.resourceUsage().maxRSS / 1024
  return { records, distinct, entriesInMemory, cpuSeconds, shardCpuSeconds: secondsSince(between), peakMib }
}

function secondsSince(before) {
  const used = process.cpuUsage(before)
  return (used.user + used.system) / 1e6
}
