import { CRASH_POINTS } from '@lustrebackup/core/crash/crash-point-names'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fastFolder } from '../fuzz/fast-folder.js'
import { COMMAND_POINTS } from './command-points.js'
import { nameOf, occurrences } from './points.js'
import { QuickLoop } from './quick-loop.js'
import { type QuickScenario, SCENARIOS } from './quick-scenarios.js'

/** Chooses which of the points of a name it is; LUSTREBACKUP_SEED repeats a choice. `npm run fuzz -- --only crash` takes them all. */
const SEED = Number(process.env.LUSTREBACKUP_SEED ?? Math.floor(Math.random() * 2 ** 31))

let loop: QuickLoop
beforeAll(async () => {
  loop = await QuickLoop.open(fastFolder())
})
afterAll(() => loop?.close())

it(`a process that is killed at any crash point does no harm (seed ${SEED})`, async () => {
  const killed: string[] = []
  for (const scenario of SCENARIOS) {
    for (const at of chosen(scenario, await loop.trace(scenario), killed)) {
      await loop.kill(scenario, at).catch((error: unknown) => {
        throw new Error(`seed ${SEED}: ${scenario.name}, killed at ${at}`, { cause: error })
      })
      killed.push(at)
    }
  }
  console.info(`killed at ${killed.length} crash points: ${killed.join(', ')}`)
  expect(new Set([...killed.map((at) => nameOf(at).split(':', 1)[0]!), ...COMMAND_POINTS])).toEqual(new Set(Object.keys(CRASH_POINTS)))
})

/** One point of each name that no scenario before has had. */
function chosen({ name }: QuickScenario, passed: readonly string[], before: readonly string[]): string[] {
  const known = new Set(before.map((at) => nameOf(at).split(':', 1)[0]!))
  const names = [...new Set(passed.map(nameOf))].filter((one) => !known.has(one))
  return names.map((one, index) => {
    const these = occurrences(passed).filter(({ point }) => nameOf(point) === one)
    return these[(SEED + index * 31 + name.length) % these.length]!.at
  })
}
