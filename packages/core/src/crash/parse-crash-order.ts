import { CRASH_POINTS, type CrashPointName } from './crash-point-names.js'

/** What a test wants: to die at a point, or to be told of all that are passed. */
export type CrashOrder =
  | { readonly kind: 'die'; readonly name: CrashPointName /** null = any. */; readonly detail: string | null; readonly nth: number }
  | { readonly kind: 'trace'; readonly file: string }

/** `NAME`, `NAME:N`, `NAME DETAIL:N` (the N-th time, counted from 1), or `/FILE`; null when nothing is wanted. Throws for anything else. */
export function parseCrashOrder(text: string | undefined): CrashOrder | null {
  if (text === undefined || text === '') return null
  if (text.startsWith('/')) return { kind: 'trace', file: text }
  const match = /^([a-z-]+\.[a-z-]+)(?: (.+?))?(?::([1-9][0-9]{0,8}))?$/.exec(text)
  const name = match?.[1]
  if (match === null || !isCrashPoint(name)) throw new Error(`LUSTREBACKUP_CRASH_AT=${text} names no crash point`)
  return { kind: 'die', name, detail: match[2] ?? null, nth: Number(match[3] ?? 1) }
}

/** What a point was passed for, without what differs from run to run: `backup/1700000000.json` becomes `N.json`. */
export function shownDetail(detail: string): string {
  return detail
    .slice(detail.lastIndexOf('/') + 1)
    .replace(/[0-9]+/g, 'N')
    .replace(/[\0-\x1f\x7f-\uffff:]/g, '?')
}

function isCrashPoint(name: string | undefined): name is CrashPointName {
  return name !== undefined && Object.hasOwn(CRASH_POINTS, name)
}
