export interface MergedNames {
  /** For each expected name whether the target has it. */
  readonly present: readonly boolean[]
  /** Names that the target has and that are not expected. */
  readonly extra: readonly Buffer[]
}

/** The names of one directory on the target, sorted, and how far the expected ones have come in them. */
export class NameCursor {
  readonly #names: readonly Buffer[]
  #at = 0

  constructor(names: readonly Buffer[]) {
    this.#names = names.toSorted(Buffer.compare)
  }

  /** Goes on to the last of `expected`, which are sorted, or with `last` to the end of the directory. */
  merge(expected: readonly Buffer[], last: boolean): MergedNames {
    const present: boolean[] = []
    const extra: Buffer[] = []
    for (const name of expected) {
      while (this.#at < this.#names.length && this.#names[this.#at]!.compare(name) < 0) extra.push(this.#names[this.#at++]!)
      const found = this.#names[this.#at]?.equals(name) === true
      if (found) this.#at += 1
      present.push(found)
    }
    if (last) while (this.#at < this.#names.length) extra.push(this.#names[this.#at++]!)
    return { present, extra }
  }
}
