/** Lets so many run at once; the others wait for their turn, in order. */
export class Turns {
  readonly #waiting: (() => void)[] = []

  constructor(private free: number) {}

  async run<T>(action: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await action()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.free += 1
      else next()
    }
  }
}
