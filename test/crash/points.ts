/** Passed in several threads, each of which counts for itself. */
const IN_THREADS = /^filediff\.(written|holed) ?/

/** Points of one name, in the order in which they are passed: how often each was passed, and the order to die there. */
export function occurrences(passed: readonly string[]): readonly { readonly point: string; readonly at: string }[] {
  const counts = new Map<string, number>()
  return passed.map((point) => {
    const nth = (counts.get(point) ?? 0) + 1
    counts.set(point, nth)
    return { point, at: `${point}:${IN_THREADS.test(point) ? 1 : nth}` }
  })
}

/** The name of a point, without what tells it from others of that name. */
export function nameOf(point: string): string {
  return point.split(' ', 1)[0]!
}
