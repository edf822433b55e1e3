// Measures what the file of a task names, and prints the best of all rounds.
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measure } from '../support/measure.mjs'
import { readAlone } from './alone.mjs'

const task = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const { folder, bin, sshdPid, files, rounds, isCold } = task
const scratch = mkdtempSync(join(tmpdir(), 'lustrebackup-bench-'))
const best = new Map()

/** What cron gives. */
const ENVIRONMENT = { PATH: '/usr/bin:/bin', HOME: process.env.HOME ?? '/', SHELL: '/bin/sh', LOGNAME: 'root' }

try {
  await measureSide('source', [
    {
      command: 'lustrebackup_source_verify',
      args: ['-s', '0'],
      timesOf: ({ readSeconds, seconds }) => ({ reading: readSeconds, run: seconds }),
    },
  ])
  await measureSide('target', [
    {
      command: 'lustrebackup_target_verify',
      args: ['-s', '0'],
      timesOf: ({ verifications: [{ readSeconds, seconds }] }) => ({ reading: readSeconds, run: seconds }),
    },
    { command: 'lustrebackup_target_verify', args: ['--sample', '100'], timesOf: ({ seconds }) => ({ run: seconds }) },
  ])
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
process.stdout.write(JSON.stringify([...best.values()]))

/** In turn, so that a busy machine is busy for all of them. */
async function measureSide(side, commands) {
  const { conf, tree } = task[side]
  if (!isCold) warmOnly(tree)
  for (let round = 1; round <= rounds; round += 1) {
    if (isCold) evict()
    keep(side, 'alone', await readAlone(tree, files))
    for (const { command, args, timesOf } of commands) {
      if (isCold) evict()
      const name = [command, ...args].join(' ')
      const { seconds, cpuSeconds, answer } = await run(command, ['-c', conf, ...args, '--json'])
      keep(side, `${name}, process`, { seconds, cpuSeconds })
      for (const [part, value] of Object.entries(timesOf(answer))) keep(side, `${name}, ${part}`, { seconds: value })
    }
    const shown = [...best.values()].filter((figure) => figure.side === side).map(({ what, seconds }) => `${what} ${seconds.toFixed(2)} s`)
    process.stderr.write(`${side}, round ${round}: ${shown.join(', ')}\n`)
  }
}

function keep(side, what, { seconds, cpuSeconds }) {
  const key = `${side} ${what}`
  if (seconds < (best.get(key)?.seconds ?? Number.POSITIVE_INFINITY))
    best.set(key, { side, what, seconds, ...(cpuSeconds === undefined ? {} : { cpuSeconds }) })
}

/** A whole command with its start and end. */
async function run(command, args) {
  const file = join(scratch, 'answer')
  const stdout = openSync(file, 'w')
  try {
    const measured = await measure(join(bin, command), args, { sshdPid, stdout, env: ENVIRONMENT })
    return { ...measured, answer: JSON.parse(readFileSync(file, 'utf8')) }
  } finally {
    closeSync(stdout)
  }
}

/** What is not on disk yet cannot leave the cache. */
function evict() {
  execFileSync('sync')
  execFileSync('find', [folder, '-type', 'f', '-exec', 'dd', 'if={}', 'iflag=nocache', 'count=0', 'status=none', ';'])
}

function warmOnly(tree) {
  evict()
  execFileSync('find', [tree, '-type', 'f', '-exec', 'cat', '{}', '+'], { stdio: ['ignore', 'ignore', 'inherit'] })
}
