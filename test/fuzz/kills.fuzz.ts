import { it } from 'vitest'
import { runRandomKills } from '../crash/random-kills.js'

const SEED = Number(process.env.LUSTREBACKUP_SEED)
const MINUTES = Number(process.env.LUSTREBACKUP_MINUTES)

it(`ends equal however it is killed, for ${MINUTES} minutes (seed ${SEED})`, { timeout: 0 }, async () => {
  await runRandomKills({ seed: SEED, seconds: MINUTES * 60, say: (line) => void process.stderr.write(`${line}\n`) })
})
