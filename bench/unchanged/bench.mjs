import { execFileSync } from 'node:child_process'
import { printGoals } from '../support/goals.mjs'
import { appendResult } from '../support/results.mjs'
import { openBenchSite, runCommand } from '../support/site.mjs'
import { printTable } from '../support/table.mjs'

export const OPTIONS = {
  files: 'sizes of the trees, separated by commas (default 100,20000)',
  rounds: 'backups of nothing that are measured; the fastest of each command counts (default 3)',
  'compare-days': 'in how many days the rolling comparison goes through a tree; 0 = never (default: that of the configuration)',
}

/** Seconds, of making the map and of the backup together. */
const GOAL_SECONDS = 2
const FOLDER_FILES = 1000
const COMMANDS = [
  ['source', 'lustrebackup_snapshot_create'],
  ['source', 'lustrebackup_source_map'],
  ['target', 'lustrebackup_target'],
]

/** A backup of a tree in which nothing has changed, end to end over a real sshd, in trees of several sizes. */
export async function bench({ files = '100,20000', rounds = '3', 'compare-days': compareDays }) {
  const figures = []
  for (const count of files.split(',').map(Number)) figures.push(...(await measureTree(count, Number(rounds), compareDays)))
  const targets = figures.filter(({ command }) => command === 'lustrebackup_target')
  const runs = targets.map(({ files }) => ({ files, seconds: runSeconds(figures, files) }))
  printTable(figures.map(({ files, command, seconds }) => ({ files, command, seconds: seconds.toFixed(2) })))
  process.stdout.write('\n')
  printTable(targets.flatMap(phaseRows))
  const [smallest, largest] = [runs[0], runs.at(-1)]
  const ratio = largest.seconds / smallest.seconds
  process.stdout.write('\n')
  const name = compareDays === '0' ? 'nothing changed, nothing compared' : 'nothing changed'
  const goals = printGoals([
    ...runs.map(({ files, seconds }) => ({
      figure: `${name}, ${files.toLocaleString('en-US')} files: seconds of map and target`,
      value: seconds,
      atMost: GOAL_SECONDS,
    })),
    // What is compared in one run is a share of the tree.
    { figure: `${name}: ${largest.files} files to ${smallest.files}`, value: ratio, ...(compareDays === '0' ? { atMost: 1.25 } : {}) },
  ])
  appendResult('unchanged', { rounds: Number(rounds), figures, goals })
  return goals
}

/** Without the snapshot of the target, for which the simulator copies the whole tree. */
function runSeconds(figures, files) {
  const of = (name) => figures.find((figure) => figure.files === files && figure.command === name)
  const target = of('lustrebackup_target')
  return of('lustrebackup_source_map').seconds + target.seconds - target.phaseSeconds.snapshot
}

async function measureTree(count, rounds, compareDays) {
  const settings = compareDays === undefined ? {} : { BACKUP: { compare_days: compareDays } }
  const site = await openBenchSite({ sourceSettings: settings, targetSettings: settings })
  try {
    fill(site.source.filesystem, count)
    for (const [host, command] of COMMANDS) await runTimed(site, host, command)
    const best = new Map()
    for (let round = 0; round < rounds; round += 1) {
      await nextSecond()
      for (const [host, command] of COMMANDS) keepBest(best, { files: count, command, ...(await runTimed(site, host, command)) })
    }
    return [...best.values()]
  } finally {
    await site.close()
  }
}

function fill(filesystem, count) {
  for (let index = 0; index < count; index += 1) {
    const folder = `folder${Math.floor(index / FOLDER_FILES)}`
    if (index % FOLDER_FILES === 0) filesystem.mkdir(folder)
    filesystem.writeFile(`${folder}/file${index}`, `${index}`)
  }
}

async function runTimed(site, host, command) {
  site.source.filesystem.flush()
  // What the simulator copied for a snapshot would otherwise reach the disk when the next command flushes its own.
  execFileSync('sync')
  const started = performance.now()
  const { stdout } = await runCommand(site, site[host], command, '--json')
  const seconds = (performance.now() - started) / 1000
  return { seconds, phaseSeconds: JSON.parse(stdout || '{}').phaseSeconds ?? null }
}

function keepBest(best, figure) {
  if (!(best.get(figure.command)?.seconds <= figure.seconds)) best.set(figure.command, figure)
}

/** Snapshots are named by their second. */
async function nextSecond() {
  const now = Date.now()
  await new Promise((resolve) => setTimeout(resolve, 1000 - (now % 1000)))
}

function phaseRows({ files, phaseSeconds }) {
  return Object.entries(phaseSeconds ?? {}).map(([phase, seconds]) => ({ files, phase, seconds: seconds.toFixed(2) }))
}
