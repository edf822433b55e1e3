import type { LaneBlocks, LaneEvent } from './lane-types.js'

type DataBlocks = Extract<LaneBlocks, { kind: 'data' }>

export interface ReportLimits {
  readonly windowBytes: number
  readonly pendingLimit: number
  readonly blockSize: number
}

/** Events that wait are few enough to be told at once. */
const EVENTS_MAX = 256
/** That data come at all is told soon: a wider channel may be worth opening. */
const FIRST_DATA_BYTES = 1024 * 1024

/**
 * Gathers events, because each batch wakes another thread. What the source or the target may be waiting for never stays behind: credit and answers are
 * told long before the window or the pending blocks are used up, and the rest as soon as no answer is due.
 */
export class LaneReport {
  #events: LaneEvent[] = []
  #answered = 0
  #dataBytes = 0
  #toldBytes = 0
  #data: { first: bigint; digests: Uint8Array[]; bytes: bigint } | null = null

  constructor(private readonly send: (events: readonly LaneEvent[]) => void) {}

  add(event: LaneEvent): void {
    this.#endData()
    this.#events.push(event)
  }

  data(block: bigint, digest: Uint8Array, bytes: number): void {
    const run = this.#data
    this.#dataBytes += bytes
    if (run !== null && run.first + BigInt(run.digests.length) === block) {
      run.digests.push(digest)
      run.bytes += BigInt(bytes)
      return
    }
    this.#endData()
    this.#data = { first: block, digests: [digest], bytes: BigInt(bytes) }
  }

  answered(count: number): void {
    this.#answered += count
  }

  /** `idle`: no answer is due. */
  flushIfDue({ windowBytes, pendingLimit, blockSize }: ReportLimits, idle: boolean): void {
    const due = Math.min(this.#toldBytes === 0 ? FIRST_DATA_BYTES : windowBytes / 4, windowBytes - blockSize + 1)
    const isDue = this.#dataBytes >= due || this.#answered >= pendingLimit / 4
    if (idle || isDue || this.#events.length >= EVENTS_MAX) this.flush()
  }

  flush(): void {
    this.#endData()
    if (this.#answered > 0) this.#events.push({ kind: 'answered', count: this.#answered })
    this.#answered = 0
    this.#toldBytes += this.#dataBytes
    this.#dataBytes = 0
    const events = this.#events
    this.#events = []
    if (events.length > 0) this.send(events)
  }

  #endData(): void {
    if (this.#data === null) return
    const { first, digests, bytes } = this.#data
    this.#data = null
    this.#events.push({ kind: 'data', first, digests: joined(digests), bytes } satisfies DataBlocks)
  }
}

/** In memory of its own: to send a view would send all that it is a view of. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
