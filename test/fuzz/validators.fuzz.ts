import { it } from 'vitest'
import { fuzz } from './support/fuzz-run.js'
import { openValidatorSubjects } from './validators/all-subjects.js'

const SEED = Number(process.env.LUSTREBACKUP_SEED)
const MINUTES = Number(process.env.LUSTREBACKUP_MINUTES)

it(`the forced commands run nothing but their templates for ${MINUTES} minutes (seed ${SEED})`, { timeout: 0 }, async () => {
  using validators = openValidatorSubjects()
  const report = (count: number) => process.stderr.write(`seed ${SEED}: ${count} inputs, nothing found\n`)
  report(await fuzz({ subjects: validators.subjects, seed: SEED, until: { seconds: MINUTES * 60 }, progress: report }))
})
