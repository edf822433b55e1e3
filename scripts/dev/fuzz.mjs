import { parseArgs } from 'node:util'
import { programOf } from './build.mjs'
import { runInherited, StepError } from './process.mjs'

const USAGE = 'usage: npm run fuzz -- [--minutes N] [--seed S]'

/** Plays sequences of operations and backups on the simulator until the time is over or the target differs. Gives vitest's exit code. */
export function runFuzz(args) {
  const { minutes, seed } = parseArguments(args)
  console.log(`seed ${seed}, ${minutes} minutes; the same sequences again: npm run fuzz -- --seed ${seed}`)
  Object.assign(process.env, { LUSTREBACKUP_SEED: String(seed), LUSTREBACKUP_MINUTES: String(minutes) })
  return runInherited(process.execPath, [programOf('vitest', 'vitest'), 'run', '--config', 'test/fuzz/vitest.config.ts'])
}

function parseArguments(args) {
  const options = { minutes: { type: 'string', default: '10' }, seed: { type: 'string', default: String(Date.now() % 2 ** 31) } }
  const { values } = parseArgs({ args, options })
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
  if (!(minutes > 0) || !Number.isInteger(seed)) throw new StepError(USAGE, 2)
  return { minutes, seed }
}
