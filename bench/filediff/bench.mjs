import { closeSync, existsSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addon } from '../../packages/core/dist/filediff/block-file.js'
import { measure } from '../support/measure.mjs'
import { parseSize, printTable } from '../support/table.mjs'
import { CASES, makeRandom, makeSparse } from './files.mjs'
import { openSite } from './site.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TARGET_COMMAND = join(ROOT, 'packages/target-cli/dist/bin/lustrebackup_target_filediff.js')
const LOCK_STEP = fileURLToPath(new URL('lock-step.mjs', import.meta.url))
const MIB = 2 ** 20
const BLOCK = 256 * 1024

export const OPTIONS = {
  size: 'of the file, such as 512M (default) or 4G',
  sparse: 'size of the sparse file for the memory (default 4T)',
  delays: 'round trips in ms, separated by commas (default 0,1,20,100)',
  cases: `some of: ${Object.keys(CASES).join(', ')}`,
  folder: 'where the files are made (default /dev/shm)',
  json: 'file for the figures',
}

export async function bench({
  size: sizeText = '512M',
  sparse = '4T',
  delays: delaysText = '0,1,20,100',
  cases,
  folder = '/dev/shm',
  json,
}) {
  const names = cases?.split(',') ?? Object.keys(CASES)
  const size = parseSize(sizeText)
  const delays = delaysText.split(',').map(Number)
  const site = await openSite(folder, delays)
  const figures = []
  const stop = () => void site.close().finally(() => process.exit(130))
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)
  try {
    makeRandom(site.source('file'), size)
    figures.push(readAndHash(site, size))
    for (const delay of delays) for (const name of names) figures.push(...(await runCase(site, name, delay, size)))
    figures.push(...(await runMemory(site, parseSize(sparse))))
  } finally {
    await site.close()
  }
  printTable(figures.map(row))
  printRatios(figures)
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ size, figures }, null, 2)}\n`)
}

/** The least that an identical file can cost. */
function readAndHash(site, size) {
  const started = performance.now()
  const fd = openSync(site.source('file'), 'r')
  const bytes = Buffer.alloc(4 * MIB)
  for (let at = 0; at < size; at += bytes.length) addon().xxh128Blocks(bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, at)), BLOCK)
  closeSync(fd)
  return { case: 'identical', method: 'read and hash', delay: 0, bytes: size, seconds: (performance.now() - started) / 1000 }
}

async function runCase(site, name, delay, size) {
  const { sshConfig, conf } = site.link(delay)
  const [source, target] = [site.source('file'), site.target('file')]
  const figures = []
  const run = async (method, bytes, command, args, options = {}) => {
    CASES[name](source, target, size)
    process.stderr.write(`${name}, ${method}, ${delay} ms: `)
    const measured = await measure(command, args, { sshdPid: site.sshdPid, ...options })
    process.stderr.write(`${(bytes / MIB / measured.seconds).toFixed(0)} MiB/s, ${measured.cpuSeconds.toFixed(1)} s of CPU\n`)
    figures.push({ case: name, method, delay, bytes, ...measured })
    return figures.at(-1)
  }
  const filediff = await run('filediff', size, process.execPath, [TARGET_COMMAND, '-c', conf, '-d', '-l', target, '-r', source])
  filediff.sourcePeakMib = site.sourcePeakMib()
  if (name === 'identical' && delay === 0) figures.push(await runKept(site, conf, size))
  const shell = ['-c', `ssh -F '${sshConfig}' source cat '${source}' > '${target}'`]
  if (name === 'all changed') await run('ssh cat', size, 'sh', shell)
  await run('rsync --inplace', size, 'rsync', [
    '--inplace',
    '--ignore-times',
    '--no-whole-file',
    '-e',
    `ssh -F ${sshConfig}`,
    `source:${source}`,
    target,
  ])
  // Bounded: it waits for a round trip for every block.
  const blocks = delay === 0 ? Math.ceil(size / BLOCK) : Math.min(Math.ceil(size / BLOCK), Math.ceil(5000 / delay))
  const end = Math.min(size, blocks * BLOCK)
  const words = [LOCK_STEP, dirname(target), basename(target), source, sshConfig, conf, String(end), '/usr/local/bin:/usr/bin:/bin']
  await run('lock-step', end, process.execPath, words)
  site.sourcePeakMib()
  rmSync(target, { force: true })
  return figures
}

/** An unchanged file whose digests were kept: the target does not read it. */
async function runKept(site, conf, size) {
  const args = [TARGET_COMMAND, '-c', conf, '-d', '-l', site.target('file'), '-r', site.source('file'), '-s', site.kept]
  await measure(process.execPath, args, { sshdPid: site.sshdPid })
  const measured = await measure(process.execPath, args, { sshdPid: site.sshdPid })
  return { case: 'identical', method: 'filediff, kept', delay: 0, bytes: size, ...measured, sourcePeakMib: site.sourcePeakMib() }
}

async function runMemory(site, size) {
  const { conf } = site.link(Math.min(...[0, 1, 20, 100].filter((delay) => site.link(delay) !== undefined)))
  makeSparse(site.source('sparse'), size, 64)
  if (existsSync(site.target('sparse'))) rmSync(site.target('sparse'))
  process.stderr.write(`sparse file of ${size / 2 ** 40} TiB\n`)
  const args = [TARGET_COMMAND, '-c', conf, '-d', '-l', site.target('sparse'), '-r', site.source('sparse')]
  const measured = await measure(process.execPath, args, { sshdPid: site.sshdPid })
  return [{ case: 'sparse', method: 'filediff', delay: 0, bytes: size, ...measured, sourcePeakMib: site.sourcePeakMib() }]
}

function row({ case: name, method, delay, bytes, seconds, cpuSeconds, peakMib, sourcePeakMib }) {
  const rounded = (value, digits = 0) => (value === undefined ? '' : value.toFixed(digits))
  return {
    case: name,
    'round trip': `${delay} ms`,
    method,
    seconds: rounded(seconds, 2),
    'MiB/s': rounded(bytes / MIB / seconds),
    'CPU s': rounded(cpuSeconds, 2),
    'peak MiB': rounded(peakMib),
    'source MiB': rounded(sourcePeakMib),
  }
}

/** The comparisons that the design promises. */
function printRatios(figures) {
  const rate = (name, method, delay) => {
    const found = figures.find((figure) => figure.case === name && figure.method === method && figure.delay === delay)
    return found === undefined ? Number.NaN : found.bytes / found.seconds
  }
  const delays = [...new Set(figures.map(({ delay }) => delay))].toSorted((a, b) => a - b)
  const ratios = [
    ['identical, to reading and hashing once', rate('identical', 'filediff', 0) / rate('identical', 'read and hash', 0)],
    ['all changed, to ssh cat', rate('all changed', 'filediff', 0) / rate('all changed', 'ssh cat', 0)],
    ...Object.keys(CASES).map((name) => [`${name}, to rsync --inplace`, rate(name, 'filediff', 0) / rate(name, 'rsync --inplace', 0)]),
    ...Object.keys(CASES).flatMap((name) =>
      delays.slice(1).map((delay) => [`${name}, ${delay} ms to no delay`, rate(name, 'filediff', delay) / rate(name, 'filediff', 0)]),
    ),
  ]
  process.stdout.write('\n')
  printTable(ratios.filter(([, value]) => !Number.isNaN(value)).map(([comparison, value]) => ({ comparison, ratio: value.toFixed(2) })))
}
