/** How often these are passed varies: in several threads, each of which counts for itself; or for as many maps as there are too many. */
const VARYING = /^(filediff\.(written|holed)|map-folder\.(cleared|retired|removed))( |$)/

/** Points of one name, in the order in which they are passed: how often each was passed, and the order to die there. */
export function occurrences(passed: readonly string[]): readonly { readonly point: string; readonly at: string }[] {
  const counts = new Map<string, number>()
  return passed.map((point) => {
    const nth = (counts.get(point) ?? 0) + 1
    counts.set(point, nth)
    return { point, at: `${point}:${VARYING.test(point) ? 1 : nth}` }
  })
}

/** The name of a point, without what tells it from others of that name. */
export function nameOf(point: string): string {
  return point.split(' ', 1)[0]!
}
