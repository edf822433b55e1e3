import type { SourceSession } from './source-session.js'
import { type LaneContext, TargetLane } from './target-lane.js'

export interface LanesRequest {
  readonly laneCount: number
  readonly context: LaneContext
  /** Opens another session about the same file. */
  open(): Promise<SourceSession>
  /** Opens one through which more may be under way; given up when `signal` is aborted before it is there. */
  openWide(signal: AbortSignal): Promise<SourceSession>
  /** Whether a lane should look for a wider channel. */
  isWorthWidening(): boolean
}

/** Runs the lanes of one transfer to their ends; the first failure ends them all. */
export class TransferLanes {
  readonly #sessions: SourceSession[] = []
  readonly #failure = new AbortController()

  constructor(private readonly request: LanesRequest) {}

  async run(first: SourceSession): Promise<void> {
    const lanes = Array.from({ length: this.request.laneCount }, async (_, index) => {
      await this.#failingAll(async () => this.#lane(index === 0 ? first : await this.request.open()))
    })
    await Promise.allSettled(lanes)
    if (this.#failure.signal.aborted) throw this.#failure.signal.reason
  }

  async #failingAll(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#failure.abort(error)
      for (const session of this.#sessions) session.fail(error)
    }
  }

  /** A lane on this channel, which goes on over a wider one as soon as that is worth it and there. */
  async #lane(session: SourceSession): Promise<void> {
    const { context } = this.request
    this.#sessions.push(session)
    if (this.#failure.signal.aborted) session.fail(this.#failure.signal.reason)
    const ended = new AbortController()
    const next: { lane: Promise<void> | null } = { lane: null }
    const lane: TargetLane = new TargetLane(session, {
      ...context,
      has: (blocks) => {
        context.has(blocks)
        if (!session.isWide && this.request.isWorthWidening()) next.lane ??= this.#replace(lane, ended.signal)
      },
    })
    await this.#failingAll(() => lane.ended)
    ended.abort(new Error('it is not needed any more'))
    await next.lane
  }

  /** Without a wider channel the lane goes on with what it has: what the system's ssh can do, a connection of our own may not. */
  async #replace(lane: TargetLane, ended: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([ended, this.#failure.signal])
    const session = await this.request.openWide(signal).catch(() => null)
    if (session === null) return
    lane.leave()
    await this.#failingAll(() => this.#lane(session))
  }
}
