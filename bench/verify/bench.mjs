import { spawn } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { appendResult } from '../support/results.mjs'
import { closeWhenStopped, openBenchSite, runCommand, sshdPid } from '../support/site.mjs'
import { parseSize, printTable } from '../support/table.mjs'

const MEASURE = fileURLToPath(new URL('measure.mjs', import.meta.url))
const MIB = 2 ** 20

export const OPTIONS = {
  large: 'size of the large file, such as 1G (default)',
  files: 'how many small files (default 4000)',
  size: 'of a small file (default 256K)',
  rounds: 'measurements of each kind, of which the best counts (default 3)',
  cold: '1: from the disk; the page cache is emptied of all files before each measurement',
  under: 'a program, and its arguments, that the measuring process is started with, such as "nice -n -5"',
}

/**
 * Verifications of both sides beside reading and hashing the same files and nothing else, all with every processor. Four copies of the
 * files are on disk (a tree and a snapshot on each side); only the one that is read is in the page cache, so that it may be as large as most of the memory.
 */
export async function bench({ large = '1G', files = '4000', size = '256K', rounds = '3', cold = '0', under = '' }) {
  const nprocs = { SYSTEM: { nprocs: String(availableParallelism()) } }
  const site = await openBenchSite({ sourceSettings: nprocs, targetSettings: nprocs })
  closeWhenStopped(site)
  try {
    const read = makeFiles(site.source.filesystem, parseSize(large), Number(files), parseSize(size))
    await backUp(site)
    const bytes = read.reduce((sum, file) => sum + file.size, 0)
    const figures = await measure({ ...placesOf(site), files: read, bytes, rounds: Number(rounds), isCold: cold === '1' }, under)
    print(figures, bytes)
    appendResult('verify', { nprocs: availableParallelism(), cold, large, files, size, figures })
  } finally {
    await site.close()
  }
}

function makeFiles(fs, largeBytes, count, smallBytes) {
  const made = []
  const piece = Buffer.alloc(smallBytes)
  for (let index = 0; index < count; index += 1) {
    if (index % 100 === 0) fs.mkdir(`folder${index / 100}`)
    const path = `folder${Math.floor(index / 100)}/file${index}`
    fs.writeFile(path, randomFillSync(piece))
    made.push({ path, size: smallBytes })
  }
  const block = randomFillSync(Buffer.alloc(64 * MIB))
  fs.writeFile('large', '')
  for (let at = 0; at < largeBytes; at += block.length)
    fs.overwrite('large', at, block.subarray(0, Math.min(block.length, largeBytes - at)))
  return [...made, { path: 'large', size: largeBytes }]
}

async function backUp(site) {
  site.source.filesystem.flush()
  await runCommand(site, site.source, 'lustrebackup_snapshot_create')
  await runCommand(site, site.source, 'lustrebackup_source_map')
  await runCommand(site, site.target, 'lustrebackup_target')
}

/** Where the commands are, and the trees that they read. */
function placesOf(site) {
  const treeOf = ({ filesystem }) => filesystem.core.paths.snapshot(filesystem.snapshots.list()[0].fsname).tree
  return {
    folder: site.folder,
    bin: join(site.prefix, 'bin'),
    sshdPid: sshdPid(site.sshd),
    source: { conf: site.source.conf, tree: treeOf(site.source) },
    target: { conf: site.target.conf, tree: join(treeOf(site.target), 'backup') },
  }
}

/** In a process of its own, in which nothing of the preparation is left. */
async function measure(task, under) {
  const taskFile = join(task.folder, 'task.json')
  writeFileSync(taskFile, JSON.stringify(task))
  const [program, ...args] = [...under.split(' ').filter((word) => word !== ''), process.execPath, MEASURE, taskFile]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let answer = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    answer += text
  })
  const exitCode = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  if (exitCode !== 0) throw new Error(`measuring ended with exit code ${exitCode}`)
  return JSON.parse(answer)
}

function print(figures, bytes) {
  const alone = Object.fromEntries(figures.filter(({ what }) => what === 'alone').map((figure) => [figure.side, figure]))
  process.stdout.write(`${(bytes / MIB).toFixed(0)} MiB, the best of all rounds; the ratio is to reading and hashing the same copy alone\n`)
  printTable(
    figures.map(({ side, what, seconds, cpuSeconds }) => ({
      side,
      what,
      seconds: seconds.toFixed(2),
      'CPU seconds': cpuSeconds?.toFixed(2) ?? '',
      'MiB/s': (bytes / MIB / seconds).toFixed(0),
      ratio: what === 'alone' ? '' : (alone[side].seconds / seconds).toFixed(2),
    })),
  )
}
