import { LustrebackupError } from '../errors/errors.js'
import type { Fid } from '../types/fid.js'
import { OWED_MAX_BYTES, parseOwed } from './parse-owed.js'

const HINT = 'stdin is only for the FIDs that the target could not copy, one a line'

/** The FIDs on stdin. A terminal is not read from: whoever repeats the command by hand owes nothing more, and is asked nothing. */
export async function readOwed(stdin: AsyncIterable<Buffer | string> & { readonly isTTY?: boolean }): Promise<readonly Fid[]> {
  if (stdin.isTTY) return []
  const parsed = parseOwed(await readBounded(stdin))
  if (parsed.ok) return parsed.value
  throw new LustrebackupError('OWED_INVALID', `reading owed FIDs from stdin: ${parsed.error}`, { hint: HINT })
}

async function readBounded(stream: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk)
    length += bytes.length
    if (length > OWED_MAX_BYTES) {
      throw new LustrebackupError('OWED_INVALID', `reading owed FIDs from stdin: more than ${OWED_MAX_BYTES} bytes`, { hint: HINT })
    }
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}
