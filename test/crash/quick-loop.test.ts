import { CRASH_POINTS } from '@lustrebackup/core/crash/crash-point-names'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fastFolder } from '../fuzz/fast-folder.js'
import { CHOICE_SEED } from '../seed.js'
import { COMMAND_POINTS } from './command-points.js'
import { nameOf, occurrences } from './points.js'
import { QuickLoop } from './quick-loop.js'
import { SCENARIOS } from './quick-scenarios.js'

/**
 * Chooses a quarter of the names, and which of their points; LUSTREBACKUP_SEED repeats a choice. `npm run fuzz -- --only crash` kills at every point,
 * each time that it is passed.
 */

let loop: QuickLoop
beforeAll(async () => {
  loop = await QuickLoop.open(fastFolder())
})
afterAll(() => loop?.close())

it(`a process that is killed at a crash point does no harm (seed ${CHOICE_SEED})`, { timeout: 1_800_000 }, async () => {
  const known = new Set<string>()
  const killed: string[] = []
  for (const scenario of SCENARIOS) {
    const passed = await loop.trace(scenario)
    for (const at of chosen(passed, known)) {
      const wasKilled = await loop.kill(scenario, at).catch((error: unknown) => {
        throw new Error(`seed ${CHOICE_SEED}: ${scenario.name}, killed at ${at}`, { cause: error })
      })
      expect(wasKilled, `${scenario.name} passes ${at}`).toBe(true)
      killed.push(at)
    }
    for (const point of passed) known.add(nameOf(point))
  }
  console.info(`killed at ${killed.length} of ${known.size} crash points: ${killed.join(', ')}`)
  const reached = new Set<string>([...known, ...COMMAND_POINTS])
  const all = Object.keys(CRASH_POINTS)
  console.info(`${all.length} names: of the runs ${[...known].toSorted().join(', ')}; of the commands ${COMMAND_POINTS.join(', ')}`)
  expect(all.filter((name) => !reached.has(name))).toEqual([])
})

/** One point of every fourth name that no scenario before has had. */
function chosen(passed: readonly string[], known: ReadonlySet<string>): string[] {
  const names = [...new Set(passed.map(nameOf))].filter((name, index) => !known.has(name) && (index + CHOICE_SEED) % 4 === 0)
  return names.map((name, index) => {
    const these = occurrences(passed).filter(({ point }) => nameOf(point) === name)
    return these[(CHOICE_SEED + index * 31) % these.length]!.at
  })
}
