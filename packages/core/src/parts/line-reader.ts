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

/** Which line of a part is being read; whoever takes chunks counts their lines here, for errors. */
export interface LinePlace {
  lineNumber: number
}

/** The lines of one part in order, in batches as they are read: memory does not grow with the part. `decode` says in words what is wrong with a line. */
export async function* readLines<T extends object>(
  folder: string,
  part: Pick<PartFile, 'file'>,
  decode: (line: string) => T | { readonly wrong: string },
  owner: PartsOwner,
): AsyncGenerator<T[], void> {
  const place = { lineNumber: 0 }
  for await (const bytes of readLineChunks(folder, part, owner, place)) {
    const batch: T[] = []
    let start = 0
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      place.lineNumber += 1
      const value = decode(bytes.toString('utf8', start, end))
      if ('wrong' in value) throw invalidLine(part, owner, place.lineNumber, value.wrong)
      batch.push(value)
      start = end + 1
    }
    yield batch
  }
}

/** The bytes of one part in order, in chunks of whole lines, the last one with its newline too. A chunk is not used again: it may be kept. */
export async function* readLineChunks(
  folder: string,
  part: Pick<PartFile, 'file'>,
  owner: PartsOwner,
  place: LinePlace,
): AsyncGenerator<Buffer, void> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of createReadStream(join(folder, part.file), { highWaterMark: 256 * 1024 })) {
    const bytes: Buffer = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
    const end = bytes.lastIndexOf(10) + 1
    if (end > 0) yield bytes.subarray(0, end)
    rest = bytes.subarray(end)
    if (rest.length > LINE_MAX_BYTES) throw invalidLine(part, owner, place.lineNumber + 1, 'the line is too long')
  }
  if (rest.length > 0) throw invalidLine(part, owner, place.lineNumber + 1, 'the last line has no end')
}

export function invalidLine(part: Pick<PartFile, 'file'>, owner: PartsOwner, lineNumber: number, why: string): LustrebackupError {
  return new LustrebackupError(`${owner.code}_LINE_INVALID`, `reading the ${owner.name}: line ${lineNumber} of ${part.file}: ${why}`, {
    hint: owner.hint,
  })
}
