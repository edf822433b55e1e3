import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { programOf } from './build.mjs'
import { ROOT, runInherited, StepError } from './process.mjs'

const FOLDER = 'test/fuzz'
const SUFFIX = '.fuzz.ts'

/** Runs one fuzzer, `test/fuzz/NAME.fuzz.ts`, until the time is over or it has found something. Gives vitest's exit code. */
export function runFuzz(args) {
  const { only, minutes, seed } = parseArguments(args)
  console.log(`${only}: seed ${seed}, ${minutes} minutes; the same again: npm run fuzz -- --only ${only} --seed ${seed}`)
  Object.assign(process.env, { LUSTREBACKUP_SEED: String(seed), LUSTREBACKUP_MINUTES: String(minutes) })
  const file = join(FOLDER, `${only}${SUFFIX}`)
  return runInherited(process.execPath, [programOf('vitest', 'vitest'), 'run', '--config', join(FOLDER, 'vitest.config.ts'), file])
}

function fuzzerNames() {
  const files = readdirSync(join(ROOT, FOLDER)).filter((file) => file.endsWith(SUFFIX))
  return files.map((file) => file.slice(0, -SUFFIX.length)).toSorted()
}

function parseArguments(args) {
  const options = {
    only: { type: 'string', default: 'backups' },
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  }
  const { values } = parseArgs({ args, options })
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
  const names = fuzzerNames()
  if (!names.includes(values.only) || !(minutes > 0) || !Number.isInteger(seed)) {
    throw new StepError(`usage: npm run fuzz -- [--only ${names.join('|')}] [--minutes N] [--seed S]`, 2)
  }
  return { only: values.only, minutes, seed }
}
