/** Reduces generated records in this process, and tells how long that took. The records of a pass are made before its clock runs. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OPENERS_KEPT } from '../../packages/core/dist/changelog/reduce.job.js'
import { reduceRecords } from '../../packages/core/dist/changelog/reduce-records.js'
import { Reduction } from '../../packages/core/dist/changelog/reduction.js'
import { chunksOf, makeRecords, roomFor } from './generate.mjs'
import { PlainReduction } from './plain-parser.mjs'

const CHUNK_BYTES = 2 ** 20
const PASS_RECORDS = 500_000

process.once('message', ({ method, count, objects, entriesInMemory = Number.POSITIVE_INFINITY, parent = tmpdir() }) => {
  const folder = mkdtempSync(join(parent, 'lustrebackup-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const reduction = method === 'plain' ? new PlainReduction() : new Reduction({ entriesInMemory, folder, name: 'r0' })
  const reduce = method === 'plain' ? (chunk) => reduction.add(chunk) : (chunk) => reduceOurs(chunk, reduction)
  const room = roomFor(Math.min(PASS_RECORDS, count))
  let milliseconds = 0
  let cpu = 0
  for (let first = 0; first < count; first += PASS_RECORDS) {
    const records = makeRecords(room, { first: first + 1, count: Math.min(PASS_RECORDS, count - first), objects, seed: first + 1 })
    const chunks = [...chunksOf(records, CHUNK_BYTES)]
    const [started, before] = [performance.now(), process.cpuUsage()]
    for (const chunk of chunks) reduce(chunk)
    milliseconds += performance.now() - started
    const used = process.cpuUsage(before)
    cpu += used.user + used.system
  }
  const touched = method === 'plain' ? reduction.touched.size : reduction.touched.count
  let setBytes = null
  if (method === 'ours') {
    reduction.touched.visit((words) => {
      setBytes = words.byteLength
    })
  }
  process.send(
    {
      method,
      count,
      touched,
      setBytes,
      seconds: milliseconds / 1000,
      cpuSeconds: cpu / 1e6,
      peakMib: process.resourceUsage().maxRSS / 1024,
    },
    () => process.exit(0),
  )
})

/** As the job of a worker does it. */
function reduceOurs(chunk, reduction) {
  reduceRecords(chunk, reduction)
  reduction.touched.spillIfFull()
  if (reduction.openers.count > OPENERS_KEPT) reduction.takeOpeners()
}
