import { createHash } from 'node:crypto'
import { closeSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { crashPoint } from '../crash/crash-point.js'
import { appendToFile } from '../state/append-file.js'
import type { PartFile } from './part-file-types.js'

const FLUSH_BYTES = 128 * 1024
const BUFFER_BYTES_AT_FIRST = 4096
/** A character of a string takes at most this in UTF-8. */
const CHARACTER_BYTES = 3
const NEWLINE = 0x0a

/** Writes one new file of lines. They are buffered and appended; the file does not stay open, however many are written at a time. */
export class LineWriter {
  readonly #hash = createHash('sha256')
  #buffer = Buffer.allocUnsafe(BUFFER_BYTES_AT_FIRST)
  #pendingBytes = 0
  #entryCount = 0
  #sizeBytes = 0

  constructor(
    private readonly folder: string,
    private readonly file: string,
  ) {
    closeSync(openSync(join(folder, file), 'wx', 0o600))
  }

  /** In the place of what an earlier run may have left. */
  static anew(folder: string, file: string): LineWriter {
    rmSync(join(folder, file), { force: true })
    crashPoint('part.removed', kindOf(file))
    return new LineWriter(folder, file)
  }

  /** A line without its newline. It becomes bytes at once: a million strings that wait would cost more than making them. */
  write(line: string): void {
    this.#makeRoom(line.length * CHARACTER_BYTES + 1)
    this.#pendingBytes += this.#buffer.write(line, this.#pendingBytes)
    this.#buffer[this.#pendingBytes] = NEWLINE
    this.#pendingBytes += 1
    this.#entryCount += 1
    if (this.#pendingBytes >= FLUSH_BYTES) this.#flush(false)
  }

  /** Whole lines, each with its newline. */
  writeLines(bytes: Buffer, lineCount: number): void {
    this.#makeRoom(bytes.length)
    this.#pendingBytes += bytes.copy(this.#buffer, this.#pendingBytes)
    this.#entryCount += lineCount
    if (this.#pendingBytes >= FLUSH_BYTES) this.#flush(false)
  }

  /** Writes everything, and describes the file. It is on disk then, unless nobody has to find it after a crash (`durable` false). */
  finish(durable = true): PartFile {
    this.#flush(durable)
    return { file: this.file, entryCount: this.#entryCount, sizeBytes: this.#sizeBytes, digest: this.#hash.digest('hex') }
  }

  #makeRoom(bytes: number): void {
    const needed = this.#pendingBytes + bytes
    if (needed <= this.#buffer.length) return
    const before = this.#buffer.subarray(0, this.#pendingBytes)
    this.#buffer = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    before.copy(this.#buffer)
  }

  #flush(durable: boolean): void {
    const bytes = this.#buffer.subarray(0, this.#pendingBytes)
    this.#pendingBytes = 0
    this.#sizeBytes += bytes.length
    this.#hash.update(bytes)
    appendToFile(join(this.folder, this.file), bytes, { sync: durable })
  }
}

/** The word in front, such as `attr` of `attr.w0.ndjson`. */
function kindOf(file: string): string {
  return file.split(/[-.]/, 1)[0]!
}
