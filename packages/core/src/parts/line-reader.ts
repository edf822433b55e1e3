import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import type { PartFile } from './part-file-types.js'

/** What the parts belong to, for errors. */
export interface PartsOwner {
  /** `backupmap`, `verification`. */
  readonly name: string
  /** Beginning of the error codes. */
  readonly code: string
  /** What to do when it is damaged. */
  readonly hint: string
}

/** A longer line is none that this software wrote: 4096 bytes of path in the longest encoding, many links, and room. */
const LINE_MAX_BYTES = 64 * 1024 * 1024

/** Reads every part once and compares size, number of lines and digest: afterwards they may be believed to be whole. */
export async function checkPartFiles(folder: string, parts: readonly PartFile[], owner: PartsOwner): Promise<void> {
  for (const part of parts) {
    const hash = createHash('sha256')
    let sizeBytes = 0
    let entryCount = 0
    for await (const bytes of chunksOf(join(folder, part.file), owner)) {
      hash.update(bytes)
      sizeBytes += bytes.length
      for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) entryCount += 1
    }
    if (hash.digest('hex') !== part.digest || sizeBytes !== part.sizeBytes || entryCount !== part.entryCount) {
      throw new LustrebackupError(
        `${owner.code}_DIGEST_MISMATCH`,
        `checking the ${owner.name}: ${join(folder, part.file)} is not what its header says (${sizeBytes} bytes, ${entryCount} lines)`,
        { hint: owner.hint },
      )
    }
  }
}

async function* chunksOf(file: string, owner: PartsOwner): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(file)) yield chunk as Buffer
  } catch (error) {
    throw new LustrebackupError(`${owner.code}_UNREADABLE`, `checking the ${owner.name}: cannot read ${file}: ${reasonOf(error)}`, {
      hint: owner.hint,
      cause: error,
    })
  }
}

/** The lines of one part in order, in batches as they are read: memory does not grow with the part. `decode` says in words what is wrong with a line. */
export async function* readLines<T extends object>(
  folder: string,
  part: Pick<PartFile, 'file'>,
  decode: (line: string) => T | { readonly wrong: string },
  owner: PartsOwner,
): AsyncGenerator<T[], void> {
  let rest: Buffer = Buffer.alloc(0)
  let lineNumber = 0
  const invalid = (number: number, why: string) =>
    new LustrebackupError(`${owner.code}_LINE_INVALID`, `reading the ${owner.name}: line ${number} of ${part.file}: ${why}`, {
      hint: owner.hint,
    })
  for await (const chunk of createReadStream(join(folder, part.file), { highWaterMark: 256 * 1024 })) {
    const bytes: Buffer = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
    const batch: T[] = []
    let start = 0
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      lineNumber += 1
      const value = decode(bytes.toString('utf8', start, end))
      if ('wrong' in value) throw invalid(lineNumber, value.wrong)
      batch.push(value)
      start = end + 1
    }
    rest = bytes.subarray(start)
    if (rest.length > LINE_MAX_BYTES) throw invalid(lineNumber + 1, 'the line is too long')
    if (batch.length > 0) yield batch
  }
  if (rest.length > 0) throw invalid(lineNumber + 1, 'the last line has no end')
}
