import type { Log } from '../log/log-types.js'
import type { StepSeconds } from './map-request-types.js'

/** Times the steps of a run, and tells the log when each begins. */
export class StepClock {
  readonly #steps: StepSeconds[] = []

  constructor(
    private readonly log: Log,
    private readonly elapsedSeconds: () => number,
  ) {}

  get steps(): readonly StepSeconds[] {
    return this.#steps
  }

  async run<T>(step: string, work: () => Promise<T>): Promise<T> {
    this.log.info('step begins', { step })
    const start = this.elapsedSeconds()
    const result = await work()
    const seconds = this.elapsedSeconds() - start
    this.#steps.push({ step, seconds })
    this.log.info('step ended', { step, seconds })
    return result
  }
}
