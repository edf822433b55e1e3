import { basenameOf } from '../types/path-bytes.js'
import type { ComparedEntry } from './compare-groups.js'

export interface MergedNames {
  /** For each entry whether the target has something of its name. */
  readonly present: readonly boolean[]
  /** Names that the target has and the map has not. */
  readonly extra: readonly Buffer[]
}

/** The names of one directory on the target, sorted, and how far the entries of the map have come in them. */
export class NameCursor {
  readonly #names: readonly Buffer[]
  #at = 0

  constructor(names: readonly Buffer[]) {
    this.#names = names.toSorted(Buffer.compare)
  }

  /** Goes on to the last of `entries`, or with `last` to the end of the directory. */
  merge(entries: readonly ComparedEntry[], last: boolean): MergedNames {
    const present: boolean[] = []
    const extra: Buffer[] = []
    for (const { node } of entries) {
      const name = basenameOf(node.path)
      while (this.#at < this.#names.length && this.#names[this.#at]!.compare(name) < 0) extra.push(this.#names[this.#at++]!)
      const found = this.#names[this.#at]?.equals(name) === true
      if (found) this.#at += 1
      present.push(found)
    }
    if (last) while (this.#at < this.#names.length) extra.push(this.#names[this.#at++]!)
    return { present, extra }
  }
}
