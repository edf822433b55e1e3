/** What one part of a program hands to another, in order. Whoever pushes bounds it. */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = []
  #wake: (() => void) | null = null
  #ended = false
  #error: { readonly error: unknown } | null = null

  push(item: T): void {
    this.#items.push(item)
    this.#wake?.()
  }

  /** No more items follow those that are queued. */
  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  /** The reader throws `error` at once, whatever is still queued. */
  fail(error: unknown): void {
    this.#error ??= { error }
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      if (this.#error !== null) throw this.#error.error
      const item = this.#items.shift()
      if (item !== undefined) yield item
      else if (this.#ended) return
      else await this.#news()
    }
  }

  async #news(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = null
  }
}
