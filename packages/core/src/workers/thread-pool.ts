import { type Transferable, Worker } from 'node:worker_threads'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { errorFromData } from './error-data.js'
import { findWorkerFile } from './find-worker-file.js'
import type { JobReply, Pool, WorkerStart } from './worker-types.js'

interface Held<Output> {
  resolve(output: Output): void
  reject(error: Error): void
}

/** One thread and what it was given and has not answered. */
class PoolWorker<Input, Output> {
  readonly #thread: Worker
  readonly #held = new Map<number, Held<Output>>()
  #nextId = 0
  #ended: Error | null = null

  constructor(
    private readonly name: string,
    file: string,
    start: WorkerStart<unknown>,
  ) {
    this.#thread = new Worker(file, { workerData: start, name: `${name} ${start.workerIndex}` })
    this.#thread.on('message', (reply: JobReply<Output>) => this.#settle(reply))
    this.#thread.on('error', (error) => this.#end(reasonOf(error)))
    this.#thread.on('exit', (exitCode) => this.#end(`it ended with exit code ${exitCode}`))
  }

  get heldCount(): number {
    return this.#held.size
  }

  run(input: Input, transfer: readonly Transferable[]): Promise<Output> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) return reject(this.#ended)
      const id = this.#nextId++
      this.#held.set(id, { resolve, reject })
      this.#thread.postMessage({ id, input }, transfer)
    })
  }

  async close(): Promise<void> {
    await this.#thread.terminate()
  }

  #settle(reply: JobReply<Output>): void {
    const held = this.#held.get(reply.id)
    this.#held.delete(reply.id)
    if (reply.ok) held?.resolve(reply.output)
    else held?.reject(errorFromData(reply.error))
  }

  #end(why: string): void {
    this.#ended ??= new LustrebackupError('WORKER_ENDED', `running ${this.name} in a thread: ${why}`)
    for (const held of this.#held.values()) held.reject(this.#ended)
    this.#held.clear()
  }
}

/** Starts `size` threads of the worker file `name` (such as `reduce` for `reduce.worker.js`). */
export function createPool<Settings, Input, Output>(name: string, settings: Settings, size: number): Pool<Input, Output> {
  return createPoolOf(name, findWorkerFile(name), settings, size)
}

/** The same of a worker file that lies anywhere. */
export function createPoolOf<Settings, Input, Output>(name: string, file: string, settings: Settings, size: number): Pool<Input, Output> {
  const workers = Array.from({ length: size }, (_, workerIndex) => new PoolWorker<Input, Output>(name, file, { settings, workerIndex }))
  const least = () => workers.reduce((a, b) => (b.heldCount < a.heldCount ? b : a))
  return {
    size,
    capacity: size,
    run: (input, transfer = []) => least().run(input, transfer),
    runOn: (workerIndex, input, transfer = []) => workers[workerIndex]!.run(input, transfer),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.close()))
    },
  }
}
