import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { commandNames } from '../../scripts/dev/bundle.mjs'
import { printGoals } from '../support/goals.mjs'
import { benchPrefix } from '../support/prefix.mjs'
import { appendResult } from '../support/results.mjs'
import { printTable } from '../support/table.mjs'

export const OPTIONS = {
  rounds: 'how often everything is started; the fastest of each counts (default 15)',
  commands: 'some of the commands, separated by commas (default all)',
}

/** At most this many times `node -e 0`. */
const GOAL = 2.5
const BASELINE = 'node -e 0'

/** `--help` of every command as installed beside a Node.js that does nothing. */
export async function bench({ rounds = '15', commands }) {
  const prefix = await benchPrefix()
  const names = commands?.split(',') ?? commandNames()
  const starts = [[BASELINE, process.execPath, '-e', '0'], ...names.map((name) => [name, join(prefix, 'bin', name), '--help'])]
  const figures = starts.map(([what]) => ({ what, seconds: Number.POSITIVE_INFINITY, cpuSeconds: Number.POSITIVE_INFINITY, peakMib: 0 }))
  for (let round = 0; round < Number(rounds); round += 1)
    // In turn, so that a busy machine is busy for all of them.
    for (const [index, [, command, ...args]] of starts.entries()) keepBest(figures[index], start(command, args))
  const baseline = figures[0]
  printTable(figures.map((figure) => row(figure, baseline)))
  const slowest = figures.slice(1).reduce((most, figure) => (figure.seconds > most.seconds ? figure : most))
  const ratio = slowest.seconds / baseline.seconds
  process.stdout.write('\n')
  const goals = printGoals([{ figure: `${slowest.what} --help, the slowest, to ${BASELINE}`, value: ratio, atMost: GOAL }])
  appendResult('startup', { rounds: Number(rounds), figures, goals })
  return goals
}

/** With the environment that cron gives: what a login shell adds can make Node.js itself slower. */
function start(command, args) {
  const started = performance.now()
  const result = spawnSync('/usr/bin/time', ['-q', '-f', '%U %S %M', command, ...args], {
    env: { PATH: '/usr/bin:/bin', HOME: '/' },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  })
  const seconds = (performance.now() - started) / 1000
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${result.stderr}`)
  const [user, system, kib] = result.stderr.trim().split('\n').at(-1).split(' ').map(Number)
  return { seconds, cpuSeconds: user + system, peakMib: kib / 1024 }
}

function keepBest(figure, { seconds, cpuSeconds, peakMib }) {
  figure.seconds = Math.min(figure.seconds, seconds)
  figure.cpuSeconds = Math.min(figure.cpuSeconds, cpuSeconds)
  figure.peakMib = Math.max(figure.peakMib, peakMib)
}

function row({ what, seconds, cpuSeconds, peakMib }, baseline) {
  return {
    command: what,
    ms: (seconds * 1000).toFixed(0),
    times: (seconds / baseline.seconds).toFixed(2),
    'CPU ms': (cpuSeconds * 1000).toFixed(0),
    'CPU times': (cpuSeconds / baseline.cpuSeconds).toFixed(2),
    'peak MiB': peakMib.toFixed(0),
  }
}
