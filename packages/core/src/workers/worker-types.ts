import type { Transferable } from 'node:worker_threads'

/** A job of a worker: a plain function, called for one message at a time, that may keep state of its own between them. */
export type Job<Input, Output> = (input: Input) => Output | Promise<Output>
/** Makes the job of one worker; `settings` are the same for all workers but for the number of the worker. */
export type CreateJob<Settings, Input, Output> = (settings: Settings, workerIndex: number) => Job<Input, Output>

export interface WorkerStart<Settings> {
  readonly settings: Settings
  readonly workerIndex: number
}

export interface JobRequest<Input> {
  readonly id: number
  readonly input: Input
}

export type JobReply<Output> =
  | { readonly id: number; readonly ok: true; readonly output: Output }
  | { readonly id: number; readonly ok: false; readonly error: ErrorData }

/** An error as it crosses to another thread. */
export interface ErrorData {
  readonly message: string
  readonly stack: string | null
  /** Of a `LustrebackupError`. */
  readonly coded: { readonly code: string; readonly exitCode: number; readonly hint: string | null } | null
}

/** Workers that run one kind of job. */
export interface Pool<Input, Output> {
  /** Workers that there are now. */
  readonly size: number
  /** Workers that there may be: what work is cut up for. */
  readonly capacity: number
  /** Runs on the worker that becomes free first. `transfer` lists buffers and ports that the caller gives away. */
  run(input: Input, transfer?: readonly Transferable[]): Promise<Output>
  /** Runs on one worker, after what was given to it before: for jobs that keep state. */
  runOn(workerIndex: number, input: Input, transfer?: readonly Transferable[]): Promise<Output>
  /** Ends the threads; what they still hold is rejected. */
  close(): Promise<void>
}
