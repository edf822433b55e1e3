/** A run that is over. */
export interface FinishedRun {
  /** Name of the executable. */
  readonly command: string
  readonly exitCode: number
  readonly durationSeconds: number
}
