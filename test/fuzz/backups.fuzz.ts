import { it } from 'vitest'
import { type Checked, checkEverySequence } from './check.js'

const SEED = Number(process.env.LUSTREBACKUP_SEED)
const MINUTES = Number(process.env.LUSTREBACKUP_MINUTES)
const REPORT_RUNS = 100

it(`finds no difference in ${MINUTES} minutes (seed ${SEED})`, { timeout: 0 }, async () => {
  const progress = (checked: Checked) => {
    if (checked.runCount % REPORT_RUNS === 0) report(checked)
  }
  report(await checkEverySequence({ seed: SEED, runs: null, seconds: MINUTES * 60, progress }))
})

function report({ runCount, operationCount, backupCount }: Checked): void {
  process.stderr.write(`seed ${SEED}: ${runCount} sequences, ${operationCount} operations, ${backupCount} backups, no difference\n`)
}
