import { execFileSync } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { appendResult } from '../support/results.mjs'
import { openBenchSite, runCommand } from '../support/site.mjs'
import { parseSize, printTable } from '../support/table.mjs'

const READ_ALONE = fileURLToPath(new URL('read-alone.mjs', import.meta.url))
const MIB = 2 ** 20

export const OPTIONS = {
  large: 'size of the large file, such as 1G (default)',
  files: 'how many small files (default 4000)',
  size: 'of a small file (default 256K)',
  rounds: 'measurements of each kind, of which the best counts (default 3)',
  cold: '1: from the disk; the page cache is emptied of all files before each measurement',
}

/** Reading for a verification, on both sides, beside reading and hashing the same files and nothing else, all with every processor. */
export async function bench({ large = '1G', files = '4000', size = '256K', rounds = '3', cold = '0' }) {
  const nprocs = { SYSTEM: { nprocs: String(availableParallelism()) } }
  const site = await openBenchSite({ sourceSettings: nprocs, targetSettings: nprocs })
  try {
    const paths = makeFiles(site.source.filesystem, parseSize(large), Number(files), parseSize(size))
    await prepare(site)
    const figures = await measureAll(site, paths, Number(rounds), cold === '1' ? () => evict(site.folder) : () => undefined)
    printTable(
      figures.map(({ what, seconds, bytes }) => ({ what, seconds: seconds.toFixed(2), 'MiB/s': (bytes / MIB / seconds).toFixed(0) })),
    )
    const [alone, ...others] = figures
    process.stdout.write('\n')
    printTable(
      others.map(({ what, seconds, bytes }) => ({
        what,
        'to reading and hashing alone': (bytes / seconds / (alone.bytes / alone.seconds)).toFixed(2),
      })),
    )
    appendResult('verify', { nprocs: availableParallelism(), cold, figures })
  } finally {
    await site.close()
  }
}

function makeFiles(fs, largeBytes, count, smallBytes) {
  const paths = []
  const piece = Buffer.alloc(smallBytes)
  for (let index = 0; index < count; index += 1) {
    if (index % 100 === 0) fs.mkdir(`folder${index / 100}`)
    const path = `folder${Math.floor(index / 100)}/file${index}`
    fs.writeFile(path, randomFillSync(piece))
    paths.push({ path, size: smallBytes })
  }
  const block = randomFillSync(Buffer.alloc(64 * MIB))
  fs.writeFile('large', '')
  for (let at = 0; at < largeBytes; at += block.length)
    fs.overwrite('large', at, block.subarray(0, Math.min(block.length, largeBytes - at)))
  return [...paths, { path: 'large', size: largeBytes }]
}

async function prepare(site) {
  site.source.filesystem.flush()
  await runCommand(site, site.source, 'lustrebackup_snapshot_create')
  await runCommand(site, site.source, 'lustrebackup_source_map')
  await runCommand(site, site.target, 'lustrebackup_target')
}

/** What is not on disk yet cannot leave the cache. */
function evict(folder) {
  execFileSync('sync')
  execFileSync('find', [folder, '-type', 'f', '-exec', 'dd', 'if={}', 'iflag=nocache', 'count=0', 'status=none', ';'])
}

/** In turn, so that a busy machine is busy for all of them; of each the best. */
async function measureAll(site, paths, rounds, prepareFiles) {
  const bytes = paths.reduce((sum, { size }) => sum + size, 0)
  const best = new Map()
  const keep = (what, seconds) => best.set(what, Math.min(best.get(what) ?? Number.POSITIVE_INFINITY, seconds))
  for (let round = 0; round < rounds; round += 1) {
    prepareFiles()
    keep('reading and hashing alone', await readAlone(site.target.dataPath, paths))
    prepareFiles()
    const source = JSON.parse((await runCommand(site, site.source, 'lustrebackup_source_verify', '-s', '0', '--json')).stdout)
    keep('source_verify, whole command', source.seconds)
    keep('source_verify, reading', source.readSeconds)
    prepareFiles()
    const target = JSON.parse((await runCommand(site, site.target, 'lustrebackup_target_verify', '-s', '0', '--json')).stdout)
    keep('target_verify, whole command', target.verifications[0].seconds)
    keep('target_verify, reading', target.verifications[0].readSeconds)
    prepareFiles()
    keep(
      'target_verify --sample 100',
      JSON.parse((await runCommand(site, site.target, 'lustrebackup_target_verify', '--sample', '100', '--json')).stdout).seconds,
    )
    process.stderr.write(`round ${round + 1}: ${[...best].map(([what, seconds]) => `${what} ${seconds.toFixed(2)} s`).join(', ')}\n`)
  }
  return Array.from(best, ([what, seconds]) => ({ what, seconds, bytes }))
}

/** A thread for each processor; the files shared out by their bytes, the large one in pieces. */
async function readAlone(root, paths) {
  const threads = availableParallelism()
  const pieces = paths.flatMap(({ path, size }) =>
    Array.from({ length: Math.ceil(size / (64 * MIB)) }, (_, index) => ({
      path: join(root, path),
      start: index * 64 * MIB,
      end: Math.min(size, (index + 1) * 64 * MIB),
    })),
  )
  const shares = Array.from({ length: threads }, () => ({ bytes: 0, pieces: [] }))
  for (const piece of pieces.toSorted((a, b) => b.end - b.start - (a.end - a.start))) {
    const share = shares.reduce((least, each) => (each.bytes < least.bytes ? each : least))
    share.bytes += piece.end - piece.start
    share.pieces.push(piece)
  }
  const workers = shares.map((share) => new Worker(READ_ALONE, { workerData: share.pieces }))
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))))
  const started = performance.now()
  await Promise.all(
    workers.map((worker) => {
      worker.postMessage('go')
      return new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
    }),
  )
  return (performance.now() - started) / 1000
}
