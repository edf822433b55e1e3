import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { appendResult } from './support/results.mjs'
import { printTable } from './support/table.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PNPM = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).packageManager

/** What is measured ends in one of these; all other fields of a figure say what it is of. */
const MEASURED = /(^s|S)econds$|Mib$|Bytes$/

/** Runs a bench of this checkout on this and on another revision, in turn, and prints what this one takes as a share of what that one took. */
export async function compare(name, words, { revision, times }) {
  const commit = git('rev-parse', '--verify', `${revision}^{commit}`)
  const folder = mkdtempSync(join(tmpdir(), 'lustrebackup-compare-'))
  const older = join(folder, 'revision')
  const end = () => {
    if (existsSync(older)) git('worktree', 'remove', '--force', older)
    rmSync(folder, { recursive: true, force: true })
  }
  // Also when it is stopped.
  process.once('exit', end)
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))
  git('worktree', 'add', '--detach', older, commit)
  build(older)
  const sides = { [revision]: [], here: [] }
  for (let time = 0; time < times; time += 1) {
    sides[revision].push(run(older, name, words, join(folder, `older-${time}`)))
    sides.here.push(run(ROOT, name, words, join(folder, `here-${time}`)))
  }
  const rows = ratiosOf(best(sides[revision]), best(sides.here))
  if (rows.length === 0) throw new Error(`${name} measured nothing that both revisions have`)
  process.stdout.write(`\n${name}, here to ${revision}, the best of ${times}; less than 1 is better here\n`)
  printTable(
    rows.map(({ what, measured, then, now }) => ({ what, measured, [revision]: show(then), here: show(now), ratio: show(now / then) })),
  )
  appendResult(`compare-${name}`, { revision: commit, times, rows })
}

/** The bench of this checkout on the code of that revision: both measure the same in the same way. */
function build(older) {
  rmSync(join(older, 'bench'), { recursive: true, force: true })
  cpSync(join(ROOT, 'bench'), join(older, 'bench'), { recursive: true })
  const options = { cwd: older, stdio: ['ignore', process.stderr, 'inherit'] }
  execFileSync('npx', ['--yes', PNPM, 'install', '--frozen-lockfile'], options)
  execFileSync(process.execPath, ['scripts/dev/bootstrap.mjs', 'build'], options)
}

/** The figures of one run: the last line that it writes. */
function run(root, name, words, results) {
  mkdirSync(results)
  execFileSync(process.execPath, [join(root, 'bench/run.mjs'), name, ...words], {
    stdio: ['ignore', process.stderr, 'inherit'],
    env: { ...process.env, LUSTREBACKUP_BENCH_RESULTS: results },
  })
  const lines = readFileSync(join(results, `${name}.jsonl`), 'utf8')
    .trim()
    .split('\n')
  return measurements(JSON.parse(lines.at(-1)).figures)
}

/** By what a figure is of and what was measured of it. */
function measurements(figures) {
  const found = new Map()
  for (const figure of figures) {
    const fields = Object.entries(figure)
    const what = fields.flatMap(([key, value]) => (MEASURED.test(key) || !isLabel(value) ? [] : [`${value}`])).join(', ')
    for (const [key, value] of fields) if (MEASURED.test(key) && typeof value === 'number') found.set(`${what}\0${key}`, value)
  }
  return found
}

function isLabel(value) {
  return typeof value === 'string' || Number.isInteger(value)
}

function best(runs) {
  const least = new Map()
  for (const one of runs) for (const [key, value] of one) least.set(key, Math.min(value, least.get(key) ?? Number.POSITIVE_INFINITY))
  return least
}

function ratiosOf(older, newer) {
  return [...newer].flatMap(([key, now]) => {
    const [what, measured] = key.split('\0')
    const then = older.get(key)
    return then === undefined || then === 0 ? [] : [{ what, measured, then, now }]
  })
}

function show(value) {
  return value.toFixed(2)
}

function git(...args) {
  return execFileSync('git', ['-C', ROOT, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
}
