import type { BlockPool } from './block-job-types.js'

/** Where a piece of memory lies that all threads of a pool see. */
export interface SharedPlace {
  readonly memoryId: number
  readonly offset: number
}

/** A piece of shared memory, given back with `release`. */
export interface Slot extends SharedPlace {
  readonly memory: Buffer
  release(): void
}

let nextMemoryId = 1

/**
 * A fixed number of equal pieces of shared memory: what is in flight can never be more. The threads get the memory once, and from then on only
 * learn where in it something is. The slot given back last is the next one taken, so that little memory is touched.
 */
export class SlotPool {
  readonly #free: Slot[]
  readonly #waiting: ((slot: Slot) => void)[] = []

  private constructor(
    private readonly pool: BlockPool,
    private readonly memoryId: number,
    memory: SharedArrayBuffer,
    readonly slotBytes: number,
    slotCount: number,
  ) {
    this.#free = Array.from({ length: slotCount }, (_, index) => {
      const offset = index * slotBytes
      const slot: Slot = { memoryId, offset, memory: Buffer.from(memory, offset, slotBytes), release: () => this.#release(slot) }
      return slot
    })
  }

  static async open(pool: BlockPool, slotBytes: number, slotCount: number): Promise<SlotPool> {
    const memory = new SharedArrayBuffer(slotBytes * slotCount)
    const memoryId = nextMemoryId++
    await everyWorker(pool, (workerIndex) => pool.runOn(workerIndex, { kind: 'attach', memoryId, memory }))
    return new SlotPool(pool, memoryId, memory, slotBytes, slotCount)
  }

  /** The next free slot, in the order of asking. */
  acquire(): Promise<Slot> {
    const slot = this.#free.pop()
    return slot !== undefined ? Promise.resolve(slot) : new Promise((resolve) => this.#waiting.push(resolve))
  }

  #release(slot: Slot): void {
    const next = this.#waiting.shift()
    if (next !== undefined) next(slot)
    else this.#free.push(slot)
  }

  /** Lets the threads forget the memory, after what they were given before. */
  async close(): Promise<void> {
    await everyWorker(this.pool, (workerIndex) => this.pool.runOn(workerIndex, { kind: 'detach', memoryId: this.memoryId }))
  }
}

async function everyWorker(pool: BlockPool, run: (workerIndex: number) => Promise<unknown>): Promise<void> {
  await Promise.all(Array.from({ length: pool.size }, (_, workerIndex) => run(workerIndex)))
}
