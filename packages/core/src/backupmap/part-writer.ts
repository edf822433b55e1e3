import { createHash, type Hash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crashPoint } from '../crash/crash-point.js'
import { pathDepth } from '../types/path-bytes.js'
import { DEPTH_PARTS, type MapPart, type PartEntries, type PartKind } from './backupmap-types.js'
import { encodeEntry } from './codec.js'

const FLUSH_BYTES = 64 * 1024

interface OpenPart {
  readonly kind: PartKind
  readonly depth: number | null
  readonly file: string
  readonly hash: Hash
  lines: string[]
  pendingBytes: number
  entryCount: number
  sizeBytes: number
}

/**
 * Writes the parts of one worker into the folder of a map that is being made.
 * Entries are buffered per part and appended; no file stays open, however many depths there are. Nothing is valid before a header names it.
 */
export class PartWriter {
  readonly #parts = new Map<string, OpenPart>()

  /** `worker` tells the files of concurrent writers apart: lower-case letters and digits. */
  constructor(
    private readonly folder: string,
    private readonly worker: string,
  ) {}

  /** `depth` is that of the paths for the parts that go by depth. */
  write<K extends PartKind>(kind: K, entry: PartEntries[K]): void {
    this.#append(kind, DEPTH_PARTS.has(kind) ? pathDepth((entry as { path: Buffer }).path) : null, encodeEntry(kind, entry))
  }

  /** One whole directory for the comparison: its line, its entries, its end, all in one part. */
  writeDirectory(directory: Extract<PartEntries['compare'], { kind: 'directory' }>, entries: readonly PartEntries['compare'][]): void {
    const depth = pathDepth(directory.path)
    this.#append('compare', depth, encodeEntry('compare', directory))
    for (const entry of entries) this.#append('compare', depth, encodeEntry('compare', entry))
    this.#append('compare', depth, encodeEntry('compare', { kind: 'end', path: directory.path, entryCount: entries.length }))
  }

  /** Flushes everything to disk and describes the parts for the header. */
  finish(): MapPart[] {
    return Array.from(this.#parts.values(), (part) => {
      this.#flush(part, true)
      const { kind, file, depth, entryCount, sizeBytes } = part
      return { kind, file, depth, entryCount, sizeBytes, digest: part.hash.digest('hex') }
    })
  }

  #append(kind: PartKind, depth: number | null, line: string): void {
    const part = this.#part(kind, depth)
    part.lines.push(line)
    part.pendingBytes += line.length
    part.entryCount += 1
    if (part.pendingBytes >= FLUSH_BYTES) this.#flush(part, false)
  }

  #part(kind: PartKind, depth: number | null): OpenPart {
    const key = depth === null ? kind : `${kind}-${String(depth).padStart(4, '0')}`
    const known = this.#parts.get(key)
    if (known !== undefined) return known
    const file = `${key}.${this.worker}.ndjson`
    const part = { kind, depth, file, hash: createHash('sha256'), lines: [], pendingBytes: 0, entryCount: 0, sizeBytes: 0 }
    closeSync(openSync(join(this.folder, file), 'wx', 0o600))
    this.#parts.set(key, part)
    return part
  }

  #flush(part: OpenPart, last: boolean): void {
    const bytes = Buffer.from(part.lines.map((line) => `${line}\n`).join(''))
    part.lines = []
    part.pendingBytes = 0
    part.sizeBytes += bytes.length
    part.hash.update(bytes)
    const fd = openSync(join(this.folder, part.file), 'a')
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written)
      crashPoint('map-part.written', part.kind)
      if (last) fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  }
}
