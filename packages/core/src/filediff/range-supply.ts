import type { ByteRange } from './filediff-types.js'

/** The ranges of a transfer that nobody works on. A lane that leaves gives back what it has not finished. */
export class RangeSupply {
  readonly #ranges: ByteRange[]
  readonly #waiting: (() => void)[] = []
  #leaving = 0

  constructor(ranges: readonly ByteRange[]) {
    this.#ranges = [...ranges]
  }

  /** The next range; undefined when there is none, and none can come back. */
  async take(): Promise<ByteRange | undefined> {
    while (this.#ranges.length === 0 && this.#leaving > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return this.#ranges.shift()
  }

  /** Some ranges may come back: until then nobody is told that there are none. */
  leave(): void {
    this.#leaving += 1
  }

  /** What whoever left has not finished. */
  giveBack(ranges: readonly ByteRange[]): void {
    this.#leaving -= 1
    this.comeBack(...ranges)
  }

  /** Ranges that were taken and not begun. */
  comeBack(...ranges: readonly ByteRange[]): void {
    this.#ranges.unshift(...ranges)
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
