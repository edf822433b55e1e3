/** Work that is under way beside something else. The first failure is reported at once; nothing is ever left running unseen. */
export class TaskGroup {
  readonly #running = new Set<Promise<unknown>>()

  constructor(private readonly onFailure: (error: unknown) => void) {}

  add(task: Promise<unknown>): void {
    const watched = task.catch(this.onFailure).finally(() => this.#running.delete(watched))
    this.#running.add(watched)
  }

  /** Waits until nothing is under way; failures have been reported by then. */
  async drained(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }
}
