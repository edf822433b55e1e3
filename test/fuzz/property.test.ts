import { it } from 'vitest'
import { PROPERTY_SEED } from '../seed.js'
import { checkEverySequence } from './check.js'

it(`makes the target equal to its snapshot, whatever was done to the source (seed ${PROPERTY_SEED})`, async () => {
  await checkEverySequence({ seed: PROPERTY_SEED, runs: 12, seconds: 50 })
})
