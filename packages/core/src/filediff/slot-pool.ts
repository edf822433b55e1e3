/** A piece of memory that all threads see. */
export interface Slot {
  readonly memory: Buffer
}

/** A fixed number of equal pieces of shared memory: what is in flight can never be more. The last one given back is the next one taken, so that little memory is touched. */
export class SlotPool {
  readonly #free: Slot[]
  readonly #waiting: ((slot: Slot) => void)[] = []

  constructor(
    readonly slotBytes: number,
    slotCount: number,
  ) {
    const memory = new SharedArrayBuffer(slotBytes * slotCount)
    this.#free = Array.from({ length: slotCount }, (_, index) => ({ memory: Buffer.from(memory, index * slotBytes, slotBytes) }))
  }

  /** A free slot, or null. */
  take(): Slot | null {
    return this.#free.pop() ?? null
  }

  /** The next free slot, in the order of asking. */
  acquire(): Promise<Slot> {
    const slot = this.take()
    return slot !== null ? Promise.resolve(slot) : new Promise((resolve) => this.#waiting.push(resolve))
  }

  release(slot: Slot): void {
    const next = this.#waiting.shift()
    if (next !== undefined) next(slot)
    else this.#free.push(slot)
  }
}
