/** What ssh2 has anyway. */
export const WINDOW_BYTES_MIN = 2 * 1024 * 1024
/** For 200 MiB a second. */
const START_BYTES_PER_MS = 200 * 1024
const GROWTH = 1.25
/** A window of which more arrives in a round trip is what limits the speed: both ends need time too, and an answer takes longer than the way alone. */
const FULL_SHARE = 0.75
/** Looked at together: what a busy host has kept back comes at once. */
const ROUNDS = 8

/**
 * How much may be under way on a channel: little more than a round trip carries. sshd fills the whole of it, and what the network does not take
 * stays in its memory; whenever that grows it is moved, and at some ten MiB a host does little else.
 */
export class AdaptiveWindow {
  #bytes: number
  #arrivedBytes = 0
  #roundStartedMs: number | null = null

  /** `mostBytes`: what it may grow to. */
  constructor(
    private readonly roundTripMs: number,
    private readonly mostBytes: number,
  ) {
    this.#bytes = this.#within(roundTripMs * START_BYTES_PER_MS)
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Tells that so much came in; the window grows after round trips that filled it. */
  arrived(bytes: number, nowMs: number): void {
    if (this.#roundStartedMs === null) {
      this.#roundStartedMs = nowMs
      return
    }
    this.#arrivedBytes += bytes
    const elapsedMs = nowMs - this.#roundStartedMs
    if (elapsedMs < ROUNDS * this.roundTripMs) return
    const ofOneRound = (this.#arrivedBytes * this.roundTripMs) / elapsedMs
    if (ofOneRound > FULL_SHARE * this.#bytes) this.#bytes = this.#within(this.#bytes * GROWTH)
    this.#arrivedBytes = 0
    this.#roundStartedMs = nowMs
  }

  #within(bytes: number): number {
    return Math.max(WINDOW_BYTES_MIN, Math.min(Math.ceil(bytes), this.mostBytes))
  }
}
