/** More streams than help are not opened: each is an ssh connection and a process on either side. */
const WORTHWHILE = 1.1
/** What is older says little about now. */
const SAMPLES_KEPT = 32

/** One transferred list: `streams` ran during all of it. */
export interface StreamSample {
  readonly streams: number
  /** Files and bytes as one number; see `costOf`. */
  readonly cost: number
  readonly seconds: number
}

/**
 * How many streams should run now, `limit` at most. Begins with one and doubles as long as all streams together get through at least a tenth more
 * than fewer did; otherwise goes back to those that did. `samples`: oldest first. What was tried long ago is tried again.
 */
export function planStreams(samples: readonly StreamSample[], limit: number): number {
  const rates = ratesOf(samples.slice(-SAMPLES_KEPT))
  if (rates.length === 0) return 1
  const best = rates.reduce((chosen, next) => (next.rate >= chosen.rate * WORTHWHILE ? next : chosen))
  const more = Math.min(limit, best.streams * 2)
  return rates.some(({ streams }) => streams === more) ? best.streams : more
}

/** What all streams together got through in a second, by their number in ascending order. */
function ratesOf(samples: readonly StreamSample[]): { readonly streams: number; readonly rate: number }[] {
  const counts = Array.from(new Set(samples.map(({ streams }) => streams))).toSorted((a, b) => a - b)
  return counts.map((streams) => {
    const same = samples.filter((sample) => sample.streams === streams)
    const cost = same.reduce((sum, sample) => sum + sample.cost, 0)
    const seconds = same.reduce((sum, sample) => sum + sample.seconds, 0)
    return { streams, rate: (streams * cost) / Math.max(seconds, 0.001) }
  })
}
