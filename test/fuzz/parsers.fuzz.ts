import { it } from 'vitest'
import { openParserSubjects } from './parsers/all-subjects.js'
import { fuzz } from './support/fuzz-run.js'

const SEED = Number(process.env.LUSTREBACKUP_SEED)
const MINUTES = Number(process.env.LUSTREBACKUP_MINUTES)

it(`every parser gives a right result or a clear error for ${MINUTES} minutes (seed ${SEED})`, { timeout: 0 }, async () => {
  using parsers = await openParserSubjects()
  const report = (count: number) => process.stderr.write(`seed ${SEED}: ${count} inputs, nothing found\n`)
  report(await fuzz({ subjects: parsers.subjects, seed: SEED, until: { seconds: MINUTES * 60 }, progress: report }))
})
