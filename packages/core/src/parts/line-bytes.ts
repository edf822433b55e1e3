import { jsonTextOfPath } from '../types/path-bytes.js'

const BYTES_AT_FIRST = 64 * 1024
const NEWLINE = 0x0a
const ZERO = 0x30
const HEX = Buffer.from('0123456789abcdef')
const QUOTE = 0x22
const BACKSLASH = 0x5c
/** A character of a string takes at most this in UTF-8. */
const CHARACTER_BYTES = 3
const DIGITS_MAX = 20

/** Whole lines, each with its newline. */
export interface TakenLines {
  readonly bytes: Buffer
  readonly lineCount: number
}

/** Lines that are put together byte by byte, where so many are written that a string for each would cost more than all else. */
export class LineBytes {
  #bytes = Buffer.allocUnsafe(BYTES_AT_FIRST)
  #length = 0
  #lineCount = 0

  /** The lines since the last time; valid until the next change. */
  take(): TakenLines {
    const taken = { bytes: this.#bytes.subarray(0, this.#length), lineCount: this.#lineCount }
    this.#length = 0
    this.#lineCount = 0
    return taken
  }

  endLine(): void {
    this.#makeRoom(1)
    this.#bytes[this.#length++] = NEWLINE
    this.#lineCount += 1
  }

  /** Bytes as they are, such as those of a field's name. */
  raw(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  text(text: string): void {
    this.#makeRoom(text.length * CHARACTER_BYTES)
    this.#length += this.#bytes.write(text, this.#length)
  }

  /** A whole number that is not negative, at most 2^53 - 1. */
  decimal(number: number): void {
    this.#makeRoom(DIGITS_MAX)
    let end = this.#length + 1
    for (let rest = number; rest >= 10; rest = Math.floor(rest / 10)) end += 1
    let rest = number
    for (let at = end - 1; at >= this.#length; at -= 1) {
      const tenth = Math.floor(rest / 10)
      this.#bytes[at] = ZERO + (rest - tenth * 10)
      rest = tenth
    }
    this.#length = end
  }

  /** 32 bits, without leading zeros. */
  hex(word: number): void {
    const digits = Math.max(1, 8 - (Math.clz32(word) >>> 2))
    this.#makeRoom(digits)
    for (let shift = (digits - 1) * 4; shift >= 0; shift -= 4) this.#bytes[this.#length++] = HEX[(word >>> shift) & 0xf]!
  }

  /** `jsonTextOfPath` of `bytes` from `start` up to `end`. */
  path(bytes: Buffer, start = 0, end = bytes.length): void {
    this.#makeRoom(end - start + 2)
    const to = this.#bytes
    let at = this.#length
    to[at++] = QUOTE
    for (let from = start; from < end; from += 1) {
      const byte = bytes[from]!
      if (byte < 0x20 || byte > 0x7e || byte === QUOTE || byte === BACKSLASH) {
        this.text(jsonTextOfPath(bytes, start, end))
        return
      }
      to[at++] = byte
    }
    to[at++] = QUOTE
    this.#length = at
  }

  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}
