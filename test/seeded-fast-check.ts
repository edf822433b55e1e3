import { createRequire } from 'node:module'
import { PROPERTY_SEED } from './seed.js'

/** What tests import as 'fast-check': the same, with our seed. `require`, because an import of that name would lead here. */
const fc = createRequire(import.meta.url)('fast-check') as typeof import('fast-check')
fc.configureGlobal({ seed: PROPERTY_SEED })

export default fc
