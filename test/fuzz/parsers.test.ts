import { it } from 'vitest'
import { openParserSubjects } from './parsers/all-subjects.js'
import { fuzz } from './support/fuzz-run.js'

/** Another one every time; LUSTREBACKUP_SEED repeats one. */
const SEED = Number(process.env.LUSTREBACKUP_SEED ?? Math.floor(Math.random() * 2 ** 31))

it(`every parser gives a right result or a clear error (seed ${SEED})`, async () => {
  using parsers = await openParserSubjects()
  await fuzz({ subjects: parsers.subjects, seed: SEED, until: { inputs: 25 } })
})
