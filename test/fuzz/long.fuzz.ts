import { it } from 'vitest'
import { checkEverySequence } from './check.js'

const SEED = Number(process.env.LUSTREBACKUP_SEED)
const MINUTES = Number(process.env.LUSTREBACKUP_MINUTES)

it(`finds no difference in ${MINUTES} minutes (seed ${SEED})`, { timeout: 0 }, async () => {
  const checked = await checkEverySequence({ seed: SEED, runs: null, seconds: MINUTES * 60 })
  console.log(
    `seed ${SEED}: ${checked.runCount} sequences, ${checked.operationCount} operations, ${checked.backupCount} backups, no difference`,
  )
})
