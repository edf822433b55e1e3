import type { KnownWay } from './way-memory-port.js'

/** From here on a source that was merely busy is not taken for a far one. */
const FAR_MS = 20

/** Whether a run begins with a connection of its own, because data would soon wait for round trips on that of the system's ssh. */
export function beginsWithOwnConnection(way: KnownWay | null): boolean {
  return way?.ownConnection === true && way.milliseconds >= FAR_MS
}

/** Whether `now` makes a difference for the next run. A source that is near, of which nothing was known, makes none. */
export function isNews(known: KnownWay | null, now: KnownWay): boolean {
  if (known === null) return now.milliseconds >= FAR_MS
  return known.milliseconds >= FAR_MS !== now.milliseconds >= FAR_MS || known.ownConnection !== now.ownConnection
}
