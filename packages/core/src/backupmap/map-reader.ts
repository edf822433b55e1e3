import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { checkPartFiles, invalidLine, type PartsOwner, readLineChunks, readLines } from '../parts/line-reader.js'
import { readAhead } from '../parts/read-ahead.js'
import { type MapHeader, type MapPart, type PartEntries, type PartKind, SOURCE_ONLY_PARTS } from './backupmap-types.js'
import { decodeEntry } from './codec.js'
import { type NameKind, type NameRows, scanNameRows } from './name-rows.js'
import { parseHeader } from './parse-header.js'

export const HEADER_FILE = 'header.json'

const MAP: PartsOwner = {
  name: 'backupmap',
  code: 'MAP',
  hint: 'The map is damaged and nothing of it was used. Make it again on the source with lustrebackup_source_map, then run the backup again.',
}

/** A million parts have not this much. It comes from another host, and is read whole. */
export const HEADER_MAX_BYTES = 256 * 1024 * 1024

/** Reads the header; with `digest` (sha256, hex) given, only if the file is exactly the one it was taken of. */
export async function loadHeader(folder: string, digest: string | null): Promise<MapHeader> {
  const file = join(folder, HEADER_FILE)
  const bytes = await readHeader(file)
  if (digest !== null && createHash('sha256').update(bytes).digest('hex') !== digest) {
    throw new LustrebackupError(
      'MAP_DIGEST_MISMATCH',
      `checking the backupmap: the digest of ${file} is not the one that the source gave`,
      { hint: MAP.hint },
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
      hint: MAP.hint,
      cause: error,
    })
  }
}

/** Reads every part of the header once and compares size, number of lines and digest: afterwards the map may be believed to be whole. */
export function checkParts(folder: string, parts: readonly MapPart[]): Promise<void> {
  return checkPartFiles(folder, parts, MAP)
}

/** The parts of one kind; those that go by depth in ascending order of it. */
export function partsOf(header: MapHeader, kind: PartKind): MapPart[] {
  return header.parts.filter((part) => part.kind === kind).toSorted((a, b) => (a.depth ?? 0) - (b.depth ?? 0))
}

/** The same for whoever needs little of each line, and says how to get it. */
export function peekPart<T extends object>(
  folder: string,
  part: MapPart,
  peek: (line: string) => T | { readonly wrong: string },
): AsyncGenerator<T[]> {
  return readAhead(readLines<T>(folder, part, peek, MAP))
}

/** The entries of one part in order, in batches that are read one ahead: memory does not grow with the part. */
export function readPart<K extends PartKind>(folder: string, part: MapPart & { kind: K }): AsyncGenerator<PartEntries[K][]> {
  return readAhead(readLines<PartEntries[K]>(folder, part, (line) => decodeEntry(part.kind, line), MAP))
}

/** The same for changes of names, in columns. */
export function readNames<K extends NameKind>(folder: string, part: MapPart & { kind: K }): AsyncGenerator<NameRows<K>> {
  return readAhead(nameRows(folder, part))
}

async function* nameRows<K extends NameKind>(folder: string, part: MapPart & { kind: K }): AsyncGenerator<NameRows<K>, void> {
  const place = { lineNumber: 0 }
  for await (const bytes of readLineChunks(folder, part, MAP, place)) {
    const rows = scanNameRows(part.kind, bytes)
    if ('wrong' in rows) throw invalidLine(part, MAP, place.lineNumber + rows.line + 1, rows.wrong)
    place.lineNumber += rows.types.length
    yield rows
  }
}

/** The parts that a target needs: the recheck set and the open writers are of no use there. */
export function neededParts(header: MapHeader): readonly MapPart[] {
  return header.parts.filter((part) => !SOURCE_ONLY_PARTS.has(part.kind))
}
