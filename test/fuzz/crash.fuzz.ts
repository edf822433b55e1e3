import { expect, it } from 'vitest'
import { nameOf, occurrences } from '../crash/points.js'
import { QuickLoop } from '../crash/quick-loop.js'
import { SCENARIOS } from '../crash/quick-scenarios.js'
import { RandomSource } from '../crash/random-source.js'
import { fastFolder } from './fast-folder.js'

const SEED = Number(process.env.LUSTREBACKUP_SEED)
const MINUTES = Number(process.env.LUSTREBACKUP_MINUTES)
const REPORT_KILLS = 20
/** Share of points that a run may come to its end without, because the rounds before it were others. */
const MISSED_MOST = 0.02

it(`a process that is killed at any crash point, each time it is passed, does no harm (seed ${SEED})`, { timeout: 0 }, async () => {
  const loop = await QuickLoop.open(fastFolder())
  const end = performance.now() + MINUTES * 60_000
  let killed = 0
  const missed: string[] = []
  try {
    const all = []
    for (const scenario of SCENARIOS)
      for (const { point, at } of occurrences(await loop.trace(scenario))) all.push({ scenario, name: nameOf(point), at })
    const names = new Set<string>()
    for (const { scenario, name, at } of everyNameFirst(shuffled(all))) {
      if (performance.now() > end) break
      const wasKilled = await loop.kill(scenario, at).catch((error: unknown) => {
        throw new Error(`seed ${SEED}: ${scenario.name}, killed at ${at}`, { cause: error })
      })
      killed += 1
      if (wasKilled) names.add(name)
      else missed.push(`${scenario.name} at ${at}`)
      if (killed % REPORT_KILLS === 0 || killed === all.length) say(`${killed} of ${all.length} crash points, no harm`)
    }
    expect(missed.length, `not passed: ${missed.join(', ')}`).toBeLessThanOrEqual(killed * MISSED_MOST)
    say(
      `${killed} of ${all.length} crash points, no harm, ${missed.length} not passed; of ${names.size} names: ${[...names].toSorted().join(', ')}`,
    )
  } finally {
    loop.close()
  }
})

/** One point of each name, then the others. */
function everyNameFirst<T extends { readonly name: string }>(items: readonly T[]): T[] {
  const known = new Set<string>()
  const [first, others]: [T[], T[]] = [[], []]
  for (const item of items) {
    const isKnown = known.has(item.name)
    known.add(item.name)
    ;(isKnown ? others : first).push(item)
  }
  return [...first, ...others]
}

/** What is not reached in the time is not always the same. */
function shuffled<T>(items: readonly T[]): T[] {
  const random = new RandomSource(SEED)
  return items
    .map((item) => ({ item, rank: random.fraction() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item)
}

function say(line: string): void {
  process.stderr.write(`seed ${SEED}: ${line}\n`)
}
