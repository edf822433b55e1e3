import { LustrebackupError } from '../errors/errors.js'

/** All that a stream holds, as text; longer than `maxBytes` is an error. */
export async function readBounded(stream: AsyncIterable<Buffer | string>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk)
    length += bytes.length
    if (length > maxBytes) {
      throw new LustrebackupError('OWED_TOO_LONG', `reading owed FIDs from stdin: more than ${maxBytes} bytes`, {
        hint: 'stdin is only for FIDs that the target could not copy, one a line',
      })
    }
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}
