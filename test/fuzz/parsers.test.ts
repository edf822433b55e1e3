import { it } from 'vitest'
import { PROPERTY_SEED } from '../seed.js'
import { openParserSubjects } from './parsers/all-subjects.js'
import { fuzz } from './support/fuzz-run.js'

it(`every parser gives a right result or a clear error (seed ${PROPERTY_SEED})`, async () => {
  using parsers = await openParserSubjects()
  await fuzz({ subjects: parsers.subjects, seed: PROPERTY_SEED, until: { inputs: 25 } })
})
