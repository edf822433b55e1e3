const BITS_A_PATH = 16
/** With so many for each path, one in two hundred of those that were not added is found at most, as long as the filter can grow. */
const BITS_SET = 3
/** 8 KiB, in which the few paths of a small map are hardly ever taken for one another. */
const LEAST_BITS = 2 ** 16
const MOST_BITS = 2 ** 29
const SLASH = 0x2f
const FIRST_HASH = 0x811c9dc5

/**
 * Remembers paths in 2 bytes each, 64 MiB at most. A path that was added is always found; one in some that was not is found too, so that whoever
 * asks must be right, if slower, either way. The same paths always give the same answers.
 */
export class PathFilter {
  readonly #words: Uint32Array
  readonly #mask: number

  /** `pathCount`: how many are going to be added. */
  constructor(pathCount: number) {
    const bits = Math.min(MOST_BITS, Math.max(LEAST_BITS, 2 ** Math.ceil(Math.log2(Math.max(pathCount, 2) * BITS_A_PATH))))
    this.#words = new Uint32Array(bits / 32)
    this.#mask = bits - 1
  }

  /** The path is in `bytes`, from `start` up to `end`; so it is for the others. */
  add(bytes: Uint8Array, start = 0, end = bytes.length): void {
    const hash = hashOf(bytes, start, end)
    const step = stepOf(hash)
    for (let index = 0, bit = stir(hash); index < BITS_SET; index += 1, bit += step) {
      this.#words[(bit & this.#mask) >>> 5]! |= 1 << (bit & 31)
    }
  }

  mayHave(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
    return this.#has(hashOf(bytes, start, end))
  }

  /** Whether a folder above the path may have been added. */
  mayHaveAbove(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
    let hash = FIRST_HASH
    for (let index = start; index < end; index += 1) {
      const byte = bytes[index]!
      if (byte === SLASH && this.#has(hash)) return true
      hash = Math.imul(hash ^ byte, 0x01000193)
    }
    return false
  }

  #has(hash: number): boolean {
    const step = stepOf(hash)
    for (let index = 0, bit = stir(hash); index < BITS_SET; index += 1, bit += step) {
      if ((this.#words[(bit & this.#mask) >>> 5]! & (1 << (bit & 31))) === 0) return false
    }
    return true
  }
}

/** The last bytes of a path have not reached all bits of its hash: those are stirred once more. */
function stir(hash: number): number {
  const stirred = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return stirred ^ (stirred >>> 13)
}

/** From one bit of a path to its next. */
function stepOf(hash: number): number {
  return stir(Math.imul(hash, 0xc2b2ae35)) | 1
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = FIRST_HASH
  for (let index = start; index < end; index += 1) hash = Math.imul(hash ^ bytes[index]!, 0x01000193)
  return hash
}
