const BITS_A_PATH = 16
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

  add(path: Buffer): void {
    const bit = this.#bitOf(hashOf(path))
    this.#words[bit >>> 5]! |= 1 << (bit & 31)
  }

  mayHave(path: Buffer): boolean {
    return this.#has(hashOf(path))
  }

  /** Whether a folder above the path may have been added. */
  mayHaveAbove(path: Buffer): boolean {
    let hash = FIRST_HASH
    for (let index = 0; index < path.length; index += 1) {
      const byte = path[index]!
      if (byte === SLASH && this.#has(hash)) return true
      hash = Math.imul(hash ^ byte, 0x01000193)
    }
    return false
  }

  #has(hash: number): boolean {
    const bit = this.#bitOf(hash)
    return (this.#words[bit >>> 5]! & (1 << (bit & 31))) !== 0
  }

  /** The last bytes of a path have not reached all bits of its hash: those are stirred once more. */
  #bitOf(hash: number): number {
    const stirred = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    return (stirred ^ (stirred >>> 13)) & this.#mask
  }
}

function hashOf(path: Buffer): number {
  let hash = FIRST_HASH
  for (let index = 0; index < path.length; index += 1) hash = Math.imul(hash ^ path[index]!, 0x01000193)
  return hash
}
