import { defineConfig, mergeConfig } from 'vitest/config'
import base from '../../vitest.config.js'

/** The long runs of `npm run fuzz`. */
const config = mergeConfig(base, defineConfig({}))
export default { ...config, test: { ...config.test, include: ['test/fuzz/*.fuzz.ts'] } }
