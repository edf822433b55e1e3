/** Keeps at most `limit` operations under way, so that whoever produces them waits for whoever works on them. The first failure is thrown to the producer. */
export class InFlight {
  readonly #running = new Set<Promise<void>>()
  #failure: { readonly error: unknown } | null = null

  constructor(private readonly limit: number) {}

  /** Has operations started, and waits for them. Nothing is under way when this settles, whether or not it has failed: what they use may be closed. */
  static async run(limit: number, startAll: (work: InFlight) => Promise<void>): Promise<void> {
    const work = new InFlight(limit)
    try {
      await startAll(work)
      await work.drain()
    } finally {
      await work.drain().catch(() => undefined)
    }
  }

  /** Starts an operation, once there is room for it. */
  async start(operation: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.limit) await Promise.race(this.#running)
    this.#throwFailure()
    const running: Promise<void> = operation()
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Waits until nothing is under way. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.race(this.#running)
    this.#throwFailure()
  }

  /** Waits until at least one operation has ended; at once when none is under way. */
  async settleOne(): Promise<void> {
    if (this.#running.size > 0) await Promise.race(this.#running)
    this.#throwFailure()
  }

  get isIdle(): boolean {
    return this.#running.size === 0
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error
  }
}
