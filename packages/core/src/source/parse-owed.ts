import { type Fid, parseFid } from '../types/fid.js'
import { fail, ok, type Result } from '../types/result.js'

/** More than this is no list of what could not be copied, but a mistake. */
export const OWED_MAX_BYTES = 16 * 1024 * 1024
export const OWED_MAX_FIDS = 100_000

/** FIDs, one a line; an empty text is none. Repeated ones count once. */
export function parseOwed(text: string): Result<readonly Fid[], string> {
  if (text === '') return ok([])
  if (!text.endsWith('\n')) return fail('the last line has no end: the list was cut off')
  const lines = text.slice(0, -1).split('\n')
  if (lines.length > OWED_MAX_FIDS) return fail(`${lines.length} lines; at most ${OWED_MAX_FIDS} are allowed`)
  const fids = new Set<Fid>()
  for (const [index, line] of lines.entries()) {
    const fid = parseFid(line)
    if (fid === null) return fail(`line ${index + 1} is ${JSON.stringify(line.slice(0, 100))}, not a FID such as [0x200000401:0x1:0x0]`)
    fids.add(fid)
  }
  return ok([...fids])
}
