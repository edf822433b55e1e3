import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { goalRow } from './support/goals.mjs'
import { appendResult } from './support/results.mjs'
import { printTable } from './support/table.mjs'

const RUN = fileURLToPath(new URL('run.mjs', import.meta.url))

/** The sizes that the goals are about. */
const WHOLE = [
  ['startup'],
  ['unchanged'],
  ['unchanged', '--compare-days=0'],
  ['records', '--large=200', '--rounds=2'],
  ['resolve', '--alone=300'],
  ['map'],
  ['walk'],
  ['namespace', '--rounds=1'],
  ['smallfiles', '--sample=8'],
  ['peers', '--trees=10,100'],
]

/** Every bench that has goals, one after the other, each in a process of its own, and one table of what they came to. A bench that fails does not keep the others. */
export async function runWhole() {
  const rows = []
  for (const [name, ...words] of WHOLE) {
    process.stdout.write(`\n== ${[name, ...words].join(' ')}\n`)
    const goals = await goalsOf(name, words)
    rows.push(...(goals ?? [{ figure: `${name} failed`, value: Number.NaN, atLeast: 0 }]))
  }
  process.stdout.write('\n== all of it\n')
  printTable(rows.map(goalRow))
  appendResult('whole', { goals: rows })
}

/** null = it failed. */
function goalsOf(name, words) {
  const child = fork(RUN, [name, ...words])
  return new Promise((resolve) => {
    let goals = null
    child.once('message', (message) => {
      goals = message
    })
    child.once('exit', (exitCode) => resolve(exitCode === 0 ? goals : null))
  })
}
