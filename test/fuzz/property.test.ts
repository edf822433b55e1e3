import { it } from 'vitest'
import { checkEverySequence } from './check.js'

/** Another one every time; LUSTREBACKUP_SEED repeats one. */
const SEED = Number(process.env.LUSTREBACKUP_SEED ?? Math.floor(Math.random() * 2 ** 31))

it(`makes the target equal to its snapshot, whatever was done to the source (seed ${SEED})`, async () => {
  await checkEverySequence({ seed: SEED, runs: 12, seconds: 50 })
})
