import type { TakenLines } from '../parts/line-bytes.js'
import { LineWriter } from '../parts/line-writer.js'
import { pathDepth } from '../types/path-bytes.js'
import { DEPTH_PARTS, type MapPart, type PartEntries, type PartKind } from './backupmap-types.js'
import { encodeEntry } from './codec.js'

interface OpenPart {
  readonly kind: PartKind
  readonly depth: number | null
  readonly lines: LineWriter
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

  /** The same as lines that were made already. */
  writeDirectoryLines(path: Buffer, { bytes, lineCount }: TakenLines): void {
    this.#part('compare', pathDepth(path)).lines.writeLines(bytes, lineCount)
  }

  /** Flushes everything to disk and describes the parts for the header. */
  finish(): MapPart[] {
    return Array.from(this.#parts.values(), ({ kind, depth, lines }) => {
      const { file, ...sums } = lines.finish()
      return { kind, file, depth, ...sums }
    })
  }

  #append(kind: PartKind, depth: number | null, line: string): void {
    this.#part(kind, depth).lines.write(line)
  }

  #part(kind: PartKind, depth: number | null): OpenPart {
    const key = depth === null ? kind : `${kind}-${String(depth).padStart(4, '0')}`
    const known = this.#parts.get(key)
    if (known !== undefined) return known
    const part = { kind, depth, lines: new LineWriter(this.folder, `${key}.${this.worker}.ndjson`) }
    this.#parts.set(key, part)
    return part
  }
}
