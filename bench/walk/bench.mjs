import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { printGoals } from '../support/goals.mjs'
import { benchPrefix } from '../support/prefix.mjs'
import { appendResult } from '../support/results.mjs'
import { runInProcess } from '../support/run-in-process.mjs'
import { printTable } from '../support/table.mjs'

const PROCESS = fileURLToPath(new URL('walk-tree.mjs', import.meta.url))
const LIBRARY_SOURCE = fileURLToPath(new URL('plain-lustreapi.c', import.meta.url))
const FILES_IN_FOLDER = 100
const [FIND, WALK] = ['find -printf', 'walk']
/** What a line of a map has of an entry, as far as find can print it: FIDs and ACLs it cannot. */
const FORMAT = '%i %P %y %m %U %G %s %T@ %C@ %n %b\\n'

export const OPTIONS = {
  entries: 'how many entries the tree has, in thousands (default 1000)',
  threads: 'worker threads (default: the processors; 0 = none, for a profiler)',
  latency: 'wait of each FID lookup in milliseconds, with as many under way as the engine allows (default 0)',
  rounds: 'how often each; the fastest counts (default 2)',
  folder: 'where the tree is made (default: that for temporary files)',
}

/** The walk of a full map beside `find -printf` of the same tree. */
export async function bench({
  entries = '1000',
  threads = String(availableParallelism()),
  latency = '0',
  rounds = '2',
  folder = tmpdir(),
}) {
  const work = mkdtempSync(join(folder, 'lustrebackup-bench-'))
  try {
    const tree = join(work, 'tree')
    makeTree(tree, Number(entries) * 1000)
    const library = join(work, 'liblustreapi.so.1')
    execFileSync('cc', ['-shared', '-fPIC', '-O2', '-Wall', '-o', library, LIBRARY_SOURCE])
    const worker = join(await benchPrefix(), 'lib/lustrebackup/workers/map.worker.js')
    const task = { tree, library, threads: Number(threads), worker, parent: work }
    const environment = { WALK_LATENCY_US: String(Number(latency) * 1000) }
    const figures = []
    for (let round = 0; round < Number(rounds); round += 1) {
      figures.push({ method: FIND, ...find(tree, join(work, 'found')) })
      figures.push({ method: WALK, ...(await runInProcess(PROCESS, task, environment)) })
    }
    return report(figures, Number(threads), Number(latency))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function report(figures, threads, latencyMs) {
  const fastest = (wanted) => figures.filter(({ method }) => method === wanted).toSorted((a, b) => a.seconds - b.seconds)[0]
  const [found, walked] = [fastest(FIND), fastest(WALK)]
  printTable(
    [{ ...found, entries: walked.entries }, walked].map(({ method, entries, seconds, cpuSeconds, peakMib }) => ({
      what: method === WALK ? `${WALK}, ${threads} threads` : method,
      entries: entries.toLocaleString('en-US'),
      seconds: seconds.toFixed(2),
      'CPU s': cpuSeconds.toFixed(2),
      'entries/s': Math.round(entries / seconds).toLocaleString('en-US'),
      'peak MiB': peakMib === undefined ? '' : Math.round(peakMib),
    })),
  )
  const ratio = found.seconds / walked.seconds
  process.stdout.write('\n')
  const goals = printGoals([{ figure: 'walk: speed to find -printf', value: ratio, ...(latencyMs === 0 ? { atLeast: 0.8 } : {}) }])
  appendResult('walk', { threads, latencyMs, figures, goals })
  return goals
}

function makeTree(tree, count) {
  mkdirSync(tree)
  for (let made = 0; made < count; made += 1 + FILES_IN_FOLDER) {
    const directory = join(tree, `project${Math.floor(made / 100_000)}`)
    mkdirSync(join(directory, `run${String(made).padStart(8, '0')}`), { recursive: true })
    for (let file = 0; file < FILES_IN_FOLDER && made + 1 + file < count; file += 1) {
      closeSync(openSync(join(directory, `run${String(made).padStart(8, '0')}`, `file${String(file).padStart(4, '0')}.dat`), 'wx'))
    }
  }
}

function find(tree, output) {
  const fd = openSync(output, 'w')
  const started = performance.now()
  const { stderr, status } = spawnSync('/usr/bin/time', ['-q', '-f', '%U %S', 'find', tree, '-mindepth', '1', '-printf', FORMAT], {
    stdio: ['ignore', fd, 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  })
  const seconds = (performance.now() - started) / 1000
  closeSync(fd)
  if (status !== 0) throw new Error(`find ended with exit code ${status}: ${stderr}`)
  const [user, system] = stderr.trim().split('\n').at(-1).split(' ').map(Number)
  return { seconds, cpuSeconds: user + system }
}
