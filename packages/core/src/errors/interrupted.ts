import { constants } from 'node:os'

/** A person or the system asked the run to stop: the reason of its AbortSignal. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  /** What a shell reports for a process that this signal ended: 130 for SIGINT, 143 for SIGTERM. */
  readonly exitCode: number

  constructor(readonly signalName: NodeJS.Signals) {
    super(`stopped by ${signalName}`)
    this.exitCode = 128 + constants.signals[signalName]
  }
}
