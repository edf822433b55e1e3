import { it } from 'vitest'
import { PROPERTY_SEED } from '../seed.js'
import { fuzz } from './support/fuzz-run.js'
import { openValidatorSubjects } from './validators/all-subjects.js'

it(`the forced commands run nothing but their templates (seed ${PROPERTY_SEED})`, async () => {
  using validators = openValidatorSubjects()
  await fuzz({ subjects: validators.subjects, seed: PROPERTY_SEED, until: { inputs: 100 } })
})
