import { parentPort, workerData } from 'node:worker_threads'
import { dataFromError } from './error-data.js'
import type { CreateJob, JobReply, JobRequest, WorkerStart } from './worker-types.js'

/** Serves a job in a worker thread that `createPool` started. Messages are handled one after the other. */
export function serveJob<Settings, Input, Output>(createJob: CreateJob<Settings, Input, Output>): void {
  const port = parentPort
  if (port === null) throw new Error('a worker module was started outside of a worker thread')
  const { settings, workerIndex } = workerData as WorkerStart<Settings>
  const job = createJob(settings, workerIndex)
  let last: Promise<void> = Promise.resolve()
  port.on('message', (request: JobRequest<Input>) => {
    last = last.then(async () => {
      const reply = await answer(job, request)
      port.postMessage(reply)
    })
  })
}

async function answer<Input, Output>(
  job: (input: Input) => Output | Promise<Output>,
  { id, input }: JobRequest<Input>,
): Promise<JobReply<Output>> {
  try {
    return { id, ok: true, output: await job(input) }
  } catch (error) {
    return { id, ok: false, error: dataFromError(error) }
  }
}
