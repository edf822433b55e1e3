import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import type { MapHeader, MapPart, PartEntries, PartKind } from './backupmap-types.js'
import { decodeEntry } from './codec.js'
import { parseHeader } from './parse-header.js'

export const HEADER_FILE = 'header.json'

const HINT =
  'The map is damaged and nothing of it was used. Make it again on the source with lustrebackup_source_map, then run the backup again.'

/** A longer line is none that this software wrote: 4096 bytes of path in the longest encoding, many links, and room. */
const LINE_MAX_BYTES = 64 * 1024 * 1024
/** A million parts have not this much. It comes from another host, and is read whole. */
const HEADER_MAX_BYTES = 256 * 1024 * 1024

/** Reads the header; with `digest` (sha256, hex) given, only if the file is exactly the one it was taken of. */
export async function loadHeader(folder: string, digest: string | null): Promise<MapHeader> {
  const file = join(folder, HEADER_FILE)
  const bytes = await readHeader(file)
  if (digest !== null && createHash('sha256').update(bytes).digest('hex') !== digest) {
    throw new LustrebackupError(
      'MAP_DIGEST_MISMATCH',
      `checking the backupmap: the digest of ${file} is not the one that the source gave`,
      { hint: HINT },
    )
  }
  return parseHeader(bytes.toString('utf8'), file)
}

async function readHeader(file: string): Promise<Buffer> {
  try {
    const { size } = await stat(file)
    if (size <= HEADER_MAX_BYTES) return await readFile(file)
    throw new Error(`it has ${size} bytes, more than any header has`)
  } catch (error) {
    throw new LustrebackupError('MAP_UNREADABLE', `reading the header of a backupmap: cannot read ${file}: ${reasonOf(error)}`, {
      hint: HINT,
      cause: error,
    })
  }
}

/** Reads every part of the header once and compares size, number of lines and digest: afterwards the map may be believed to be whole. */
export async function checkParts(folder: string, parts: readonly MapPart[]): Promise<void> {
  for (const part of parts) {
    const hash = createHash('sha256')
    let sizeBytes = 0
    let entryCount = 0
    for await (const bytes of chunksOf(join(folder, part.file))) {
      hash.update(bytes)
      sizeBytes += bytes.length
      for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) entryCount += 1
    }
    if (hash.digest('hex') !== part.digest || sizeBytes !== part.sizeBytes || entryCount !== part.entryCount) {
      throw new LustrebackupError(
        'MAP_DIGEST_MISMATCH',
        `checking the backupmap: ${join(folder, part.file)} is not what its header says (${sizeBytes} bytes, ${entryCount} lines)`,
        { hint: HINT },
      )
    }
  }
}

async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(file)) yield chunk as Buffer
  } catch (error) {
    throw new LustrebackupError('MAP_UNREADABLE', `checking the backupmap: cannot read ${file}: ${reasonOf(error)}`, {
      hint: HINT,
      cause: error,
    })
  }
}

/** The parts of one kind; those that go by depth in ascending order of it. */
export function partsOf(header: MapHeader, kind: PartKind): MapPart[] {
  return header.parts.filter((part) => part.kind === kind).toSorted((a, b) => (a.depth ?? 0) - (b.depth ?? 0))
}

/** The entries of one part in order, in batches as they are read: memory does not grow with the part. */
export async function* readPart<K extends PartKind>(folder: string, part: MapPart & { kind: K }): AsyncGenerator<PartEntries[K][]> {
  let rest: Buffer = Buffer.alloc(0)
  let lineNumber = 0
  for await (const chunk of createReadStream(join(folder, part.file), { highWaterMark: 256 * 1024 })) {
    const bytes: Buffer = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
    const batch: PartEntries[K][] = []
    let start = 0
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      lineNumber += 1
      batch.push(decodeLine(part, lineNumber, bytes.toString('utf8', start, end)))
      start = end + 1
    }
    rest = bytes.subarray(start)
    if (rest.length > LINE_MAX_BYTES) throw invalidLine(part, lineNumber + 1, 'the line is too long')
    if (batch.length > 0) yield batch
  }
  if (rest.length > 0) throw invalidLine(part, lineNumber + 1, 'the last line has no end')
}

function decodeLine<K extends PartKind>(part: MapPart & { kind: K }, lineNumber: number, line: string): PartEntries[K] {
  const entry = decodeEntry(part.kind, line)
  if ('wrong' in entry) throw invalidLine(part, lineNumber, entry.wrong)
  return entry
}

function invalidLine(part: MapPart, lineNumber: number, why: string): LustrebackupError {
  return new LustrebackupError('MAP_LINE_INVALID', `reading the backupmap: line ${lineNumber} of ${part.file}: ${why}`, { hint: HINT })
}
