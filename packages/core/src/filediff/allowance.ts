/** An amount that is taken before something is sent and given back when it has been dealt with. One taker at a time. */
export class Allowance {
  #wake: (() => void) | null = null
  #error: { readonly error: unknown } | null = null

  constructor(private available: number) {}

  /** Waits until so much is there. */
  async take(amount: number): Promise<void> {
    while (this.available < amount) {
      if (this.#error !== null) throw this.#error.error
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    if (this.#error !== null) throw this.#error.error
    this.available -= amount
  }

  give(amount: number): void {
    this.available += amount
    this.#wake?.()
  }

  /** Whoever waits, or takes later, gets `error`. */
  fail(error: unknown): void {
    this.#error ??= { error }
    this.#wake?.()
  }
}
