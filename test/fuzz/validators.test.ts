import { it } from 'vitest'
import { fuzz } from './support/fuzz-run.js'
import { openValidatorSubjects } from './validators/all-subjects.js'

/** Another one every time; LUSTREBACKUP_SEED repeats one. */
const SEED = Number(process.env.LUSTREBACKUP_SEED ?? Math.floor(Math.random() * 2 ** 31))

it(`the forced commands run nothing but their templates (seed ${SEED})`, async () => {
  using validators = openValidatorSubjects()
  await fuzz({ subjects: validators.subjects, seed: SEED, until: { inputs: 100 } })
})
