import { closeSync, copyFileSync, existsSync, openSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addon } from '../../packages/core/dist/filediff/block-file.js'
import { measure } from '../support/measure.mjs'
import { appendResult } from '../support/results.mjs'
import { parseSize, printTable } from '../support/table.mjs'
import { CASES, makeRandom, makeSparse } from './files.mjs'
import { rateOf, ratios, row, SET_UP, SPARSE, SPARSE_SMALL } from './report.mjs'
import { openSite, PROXY_ONLY } from './site.mjs'

const LOCK_STEP = fileURLToPath(new URL('lock-step.mjs', import.meta.url))
const MIB = 2 ** 20
const BLOCK = 256 * 1024
/** As cron gives it: what a login shell adds can make Node.js itself slower. */
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/' }
const GCM = '-oCiphers=aes128-gcm@openssh.com'

export const OPTIONS = {
  size: 'of the file, such as 512M (default) or 4G',
  sparse: 'size of the sparse file for the memory (default 4T)',
  delays: 'round trips in ms, separated by commas (default 0,1,20,100)',
  cases: `some of: ${Object.keys(CASES).join(', ')}`,
  rounds: 'how often everything is run; the fastest of each counts (default 1)',
  methods: 'what is compared, separated by /, such as "filediff/rsync --inplace" (default: everything)',
  folder: 'where the files are made (default /dev/shm)',
  prefix: 'an installation to measure (default: one is made)',
}

export async function bench(options) {
  const {
    size: sizeText = '512M',
    sparse = '4T',
    delays: delaysText = '0,1,20,100',
    cases,
    rounds = '1',
    folder = '/dev/shm',
    prefix,
    methods,
  } = options
  const names = cases?.split(',') ?? Object.keys(CASES)
  const wanted = methods?.split('/') ?? null
  const size = parseSize(sizeText)
  const delays = delaysText.split(',').map(Number)
  const site = await openSite(folder, delays, prefix)
  const stop = () => void site.close().finally(() => process.exit(130))
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)
  const figures = new Map()
  const keep = (figure) => {
    const key = `${figure.case} ${figure.method} ${figure.delay}`
    if (!figures.has(key) || figure.seconds < figures.get(key).seconds) figures.set(key, figure)
  }
  try {
    makeRandom(site.source('file'), size)
    for (let round = 0; round < Number(rounds); round += 1) {
      if (names.includes('identical')) keep(await readAndHash(site, size))
      for (const delay of delays.some((delay) => delay > 0) ? [...delays, PROXY_ONLY] : delays) {
        keep(await runSetUp(site, delay))
        for (const name of names) for (const figure of await runCase(site, name, delay, size, wanted)) keep(figure)
      }
    }
    if (parseSize(sparse) > 0) {
      keep(await runMemory(site, SPARSE_SMALL, delays[0], 2 ** 30))
      keep(await runMemory(site, SPARSE, delays[0], parseSize(sparse)))
    }
  } finally {
    await site.close()
  }
  const all = [...figures.values()]
  printTable(all.map(row))
  process.stdout.write('\n')
  printTable(ratios(all, names, delays))
  appendResult('filediff', { size, rounds: Number(rounds), processors: `${cpus().length} × ${cpus()[0].model}`, figures: all })
}

/** The least that an identical file can cost: one thread reads it and hashes its blocks, once. */
async function readAndHash(site, size) {
  const fd = openSync(site.source('file'), 'r')
  const started = performance.now()
  for (let at = 0; at < size; at += 64 * MIB) {
    await addon().xxh128File({ fd, offset: BigInt(at), length: Math.min(64 * MIB, size - at), blockSize: BLOCK })
  }
  const seconds = (performance.now() - started) / 1000
  closeSync(fd)
  return { case: 'identical', method: 'read and hash', delay: 0, bytes: size, seconds }
}

async function runCase(site, name, delay, size, wanted) {
  const { sshConfig, conf } = site.link(delay)
  const [source, target] = [site.source('file'), site.target('file')]
  const figures = []
  const isWanted = (method) => wanted === null || wanted.includes(method)
  const run = async (method, bytes, command, args) => {
    if (!isWanted(method)) return
    CASES[name](source, target, size)
    const measured = await measure(command, args, { sshdPid: site.sshdPid, env: ENVIRONMENT })
    figures.push({ case: name, method, delay, bytes, ...measured })
    const figure = figures.at(-1)
    process.stderr.write(
      `${name}, ${method}, ${delay} ms: ${rateOf(figure).toFixed(0)} MiB/s, ${measured.cpuSeconds.toFixed(1)} s of CPU\n`,
    )
    if (method === 'filediff') figure.sourcePeakMib = site.sourcePeakMib()
  }
  await run('filediff', size, site.targetCommand, ['-c', conf, '-d', '-l', target, '-r', source])
  if (delay === PROXY_ONLY) return figures
  if (name === 'identical' && delay === 0 && isWanted('filediff, kept')) figures.push(await runKept(site, conf, size))
  const rsync = (ssh) => ['--inplace', '--ignore-times', '--no-whole-file', '-e', ssh, `source:${source}`, target]
  if (name === 'all changed') await run('ssh cat', size, 'sh', ['-c', `ssh -F '${sshConfig}' source cat '${source}' > '${target}'`])
  await run('rsync --inplace', size, 'rsync', rsync(`ssh -F ${sshConfig}`))
  if (delay === 0) {
    // With the cipher that filediff chooses: what is left is the difference between the programs.
    if (name === 'all changed')
      await run('ssh cat, AES', size, 'sh', ['-c', `ssh ${GCM} -F '${sshConfig}' source cat '${source}' > '${target}'`])
    await run('rsync, AES', size, 'rsync', rsync(`ssh ${GCM} -F ${sshConfig}`))
  }
  // Bounded: it waits for a round trip for every block.
  const blocks = Math.min(Math.ceil(size / BLOCK), delay === 0 ? 2048 : Math.ceil(5000 / delay))
  const end = Math.min(size, blocks * BLOCK)
  await run('lock-step', end, process.execPath, [LOCK_STEP, dirname(target), basename(target), source, sshConfig, conf, String(end)])
  if (isWanted('lock-step')) site.sourcePeakMib()
  rmSync(target, { force: true })
  return figures
}

/** What comes before the first block, and after the last. */
async function runSetUp(site, delay) {
  makeRandom(site.source('block'), BLOCK)
  copyFileSync(site.source('block'), site.target('block'))
  const args = ['-c', site.link(delay).conf, '-d', '-l', site.target('block'), '-r', site.source('block')]
  const measured = await measure(site.targetCommand, args, { sshdPid: site.sshdPid, env: ENVIRONMENT })
  return { case: SET_UP, method: 'filediff', delay, bytes: BLOCK, ...measured, sourcePeakMib: site.sourcePeakMib() }
}

/** An unchanged file whose digests were kept: the target does not read it. */
async function runKept(site, conf, size) {
  const args = ['-c', conf, '-d', '-l', site.target('file'), '-r', site.source('file'), '-s', site.kept]
  await measure(site.targetCommand, args, { sshdPid: site.sshdPid, env: ENVIRONMENT })
  const measured = await measure(site.targetCommand, args, { sshdPid: site.sshdPid, env: ENVIRONMENT })
  return { case: 'identical', method: 'filediff, kept', delay: 0, bytes: size, ...measured, sourcePeakMib: site.sourcePeakMib() }
}

async function runMemory(site, name, delay, size) {
  makeSparse(site.source('sparse'), size, 64)
  if (existsSync(site.target('sparse'))) rmSync(site.target('sparse'))
  process.stderr.write(`sparse file of ${size / 2 ** 40} TiB\n`)
  const args = ['-c', site.link(delay).conf, '-d', '-l', site.target('sparse'), '-r', site.source('sparse')]
  const measured = await measure(site.targetCommand, args, { sshdPid: site.sshdPid, env: ENVIRONMENT })
  return { case: name, method: 'filediff', delay, bytes: size, ...measured, sourcePeakMib: site.sourcePeakMib() }
}
