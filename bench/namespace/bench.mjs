import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { printGoals } from '../support/goals.mjs'
import { measure } from '../support/measure.mjs'
import { appendResult } from '../support/results.mjs'
import { printTable } from '../support/table.mjs'
import { writeWorkload } from './workload.mjs'

const BARE_SOURCE = fileURLToPath(new URL('bare.c', import.meta.url))
const ENGINE = fileURLToPath(new URL('engine.mjs', import.meta.url))

export const OPTIONS = {
  entries: 'how many moves and deletes, in thousands (default 1000)',
  rounds: 'how often both are run, each first in every other round; the fastest of each counts (default 3)',
  folder: 'where the tree is made (default: the folder for temporary files)',
}

/** Moves and deletes of a map by the namespace engine, up to their being on disk, against a loop of bare system calls in C that ends the same way. */
export async function bench({ entries = '1000', rounds = '3', folder = tmpdir() }) {
  const count = Number(entries) * 1000
  const scratch = mkdtempSync(join(folder, 'lustrebackup-bench-'))
  const figures = new Map()
  const shares = []
  try {
    const bare = join(scratch, 'bare-calls')
    execFileSync('cc', ['-O2', '-Wall', '-o', bare, BARE_SOURCE])
    const work = join(scratch, 'work')
    const { movedPaths } = writeWorkload(work, count)
    const site = { scratch, work, data: join(scratch, 'data'), bare }
    for (let round = 0; round < Number(rounds); round += 1) {
      const seconds = {}
      const methods = Object.keys(METHODS)
      // What the disk still has to do for the one before falls on each of them in turn.
      for (const method of round % 2 === 0 ? methods : methods.toReversed()) {
        const figure = { method, count, ...(await run(method, site, movedPaths)) }
        process.stderr.write(`${method}: ${figure.seconds.toFixed(1)} s\n`)
        if (!(figures.get(method)?.seconds <= figure.seconds)) figures.set(method, figure)
        seconds[method] = figure.seconds
      }
      shares.push(seconds['bare calls'] / seconds.engine)
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return report([...figures.values()], shares)
}

const METHODS = {
  'bare calls': ({ bare, work, data }) => [bare, [join(work, 'bare'), data]],
  engine: ({ work, data, scratch }) => [process.execPath, [ENGINE, work, data, join(scratch, 'staging'), join(work, 'phases.json')]],
}

/** In a new tree, which is on disk when the clock starts. */
async function run(method, site, movedPaths) {
  rmSync(site.data, { recursive: true, force: true })
  rmSync(join(site.work, 'phases.json'), { force: true })
  mkdirSync(site.data)
  execFileSync(site.bare, [join(site.work, 'make'), site.data])
  const measured = await measure(...METHODS[method](site), {})
  const left = readdirSync(site.data, { recursive: true }).filter((path) => path.endsWith('.dat'))
  const found = new Set(left)
  if (found.size !== movedPaths.length || !movedPaths.every((path) => found.has(path))) throw new Error(`${method} left another tree`)
  return { ...measured, ...phases(site) }
}

function phases({ work }) {
  try {
    const { out, in: placed } = JSON.parse(readFileSync(join(work, 'phases.json'), 'utf8'))
    return { outSeconds: out, inSeconds: placed }
  } catch {
    return { outSeconds: null, inSeconds: null }
  }
}

function report(all, shares) {
  const rate = ({ count, seconds }) => count / seconds
  const of = (name) => rate(all.find(({ method }) => method === name))
  printTable(all.map(row))
  process.stdout.write('\n')
  const goals = printGoals([{ figure: 'moves and deletes: speed to bare calls', value: of('engine') / of('bare calls'), atLeast: 0.6 }])
  process.stdout.write(`\nround by round: ${shares.map((share) => share.toFixed(2)).join(', ')}\n`)
  appendResult('namespace', { figures: all, goals, shares })
  return goals
}

function row(figure) {
  const { method, count, seconds, cpuSeconds, peakMib, outSeconds, inSeconds } = figure
  return {
    method,
    'moves and deletes': count.toLocaleString('en-US'),
    'a second': Math.round(count / seconds).toLocaleString('en-US'),
    s: seconds.toFixed(1),
    'out s': outSeconds?.toFixed(1),
    'in s': inSeconds?.toFixed(1),
    'CPU s': cpuSeconds.toFixed(1),
    'peak MiB': Math.round(peakMib),
  }
}
