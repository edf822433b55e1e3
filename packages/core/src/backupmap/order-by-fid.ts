/** Words of a FID from the least to the most significant: sequence (high, low), object, version. */
const WORDS_FROM_LEAST = [3, 2, 0, 1] as const
const DIGIT_BITS = 16
const DIGITS = 2 ** DIGIT_BITS

/**
 * Numbers of the entries (`entryWords` words each, a FID first) in the order of sequence, object and version, which is that in which objects were made.
 * A radix sort that passes over those 16 bits in which entries differ, which are few.
 */
export function orderByFid(words: Uint32Array, entryWords: number): Uint32Array {
  const count = words.length / entryWords
  let order = Uint32Array.from({ length: count }, (_, entry) => entry)
  let next = new Uint32Array(count)
  for (const word of WORDS_FROM_LEAST) {
    for (const shift of [0, DIGIT_BITS]) {
      const starts = startsOf(words, entryWords, word, shift)
      if (starts === null) continue
      for (let place = 0; place < count; place += 1) {
        const entry = order[place]!
        const digit = (words[entry * entryWords + word]! >>> shift) & (DIGITS - 1)
        next[starts[digit]!++] = entry
      }
      ;[order, next] = [next, order]
    }
  }
  return order
}

/** Where the entries of each digit begin; null where all entries have the same. */
function startsOf(words: Uint32Array, entryWords: number, word: number, shift: number): Uint32Array | null {
  const count = words.length / entryWords
  const starts = new Uint32Array(DIGITS)
  let differ = false
  const first = ((words[word] ?? 0) >>> shift) & (DIGITS - 1)
  for (let at = word; at < words.length; at += entryWords) {
    const digit = (words[at]! >>> shift) & (DIGITS - 1)
    starts[digit]! += 1
    if (digit !== first) differ = true
  }
  if (!differ) return null
  let sum = count
  for (let digit = DIGITS - 1; digit >= 0; digit -= 1) {
    sum -= starts[digit]!
    starts[digit] = sum
  }
  return starts
}
