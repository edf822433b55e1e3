import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { programOf } from './build.mjs'
import { ROOT, runInherited, StepError } from './process.mjs'

const FOLDER = 'test/fuzz'
const SUFFIX = '.fuzz.ts'

/** Not a file: the property tests of the whole repository, with one seed after the other. */
const PROPERTIES = 'properties'

/** Runs one fuzzer, `test/fuzz/NAME.fuzz.ts`, until the time is over or it has found something. Gives vitest's exit code. */
export function runFuzz(args) {
  const { only, minutes, seed } = parseArguments(args)
  console.log(`${only}: seed ${seed}, ${minutes} minutes; the same again: npm run fuzz -- --only ${only} --seed ${seed}`)
  if (only === PROPERTIES) return runProperties(minutes, seed)
  process.env.LUSTREBACKUP_MINUTES = String(minutes)
  return runVitest(seed, ['--config', join(FOLDER, 'vitest.config.ts'), join(FOLDER, `${only}${SUFFIX}`)])
}

async function runProperties(minutes, seed) {
  const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter(
    (file) => /^(packages|native|test)\/(?!.*\/node_modules\/).*\.test\.ts$/.test(file) && hasProperties(file),
  )
  const end = performance.now() + minutes * 60_000
  for (let round = 0; performance.now() < end; round += 1) {
    console.log(`seed ${seed + round}`)
    const exitCode = await runVitest(seed + round, files)
    if (exitCode !== 0) return exitCode
  }
  return 0
}

const hasProperties = (file) => /\bfc\.(assert|property)\b|\bPROPERTY_SEED\b/.test(readFileSync(join(ROOT, file), 'utf8'))

function runVitest(seed, args) {
  process.env.LUSTREBACKUP_SEED = String(seed)
  return runInherited(process.execPath, [programOf('vitest', 'vitest'), 'run', ...args])
}

function fuzzerNames() {
  const files = readdirSync(join(ROOT, FOLDER)).filter((file) => file.endsWith(SUFFIX))
  return [PROPERTIES, ...files.map((file) => file.slice(0, -SUFFIX.length))].toSorted()
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
