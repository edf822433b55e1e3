import { unpackPaths } from '@lustrebackup/lustreapi/path-list'
import { pathOutOfArea, REACH_BYTES } from '../backupmap/area.js'
import { areaOf } from '../backupmap/map-area.js'
import type { PathBytes } from '../types/path-bytes.js'
import { stopFlagOf } from '../workers/stop-flag.js'
import { closePool } from './close-pool.js'
import type { Digested } from './content.job.js'
import type { ContentReader } from './content-port.js'
import type { SourceVerifyPorts, SourceVerifyRequest } from './source-verify-types.js'
import { type SourceTaskResult, type SourceVerifyRun, type SourceWork, saveDone } from './source-work.js'
import { runTasks } from './task-run.js'
import { VerifyWriter } from './verification-parts.js'
import { addVerifyCounts, NO_VERIFY_COUNTS, type VerifyContent } from './verification-types.js'
import type { ResolvePool } from './verify-pools.js'

/** Requests of one batch that a worker keeps under way. */
const IN_FLIGHT = 64
const UNREADABLE_NAMED = 20

/** A run and what it has come to. */
export interface Reading {
  readonly run: SourceVerifyRun
  readonly work: SourceWork
  readonly mountPoint: string
  readonly done: Map<number, SourceTaskResult>
  readonly unreadable: VerifyContent[]
}

/** Works through the tasks of a run that are not done. */
export async function readSnapshot(reading: Reading, request: SourceVerifyRequest, ports: SourceVerifyPorts): Promise<void> {
  const { run, work, mountPoint, done } = reading
  const { config, signal, elapsedSeconds } = ports
  const area = areaOf(config, REACH_BYTES)
  const stop = stopFlagOf(signal)
  const resolve = ports.pools.resolve(
    {
      liblustreapi: config.lustre.liblustreapi,
      inFlight: IN_FLIGHT,
      mountPoint,
      dataPath: area.dataPath,
      metaBasepath: area.metaBasepath,
      workFolder: work.folder,
      partFolder: work.partFolder,
      filter: run.filter,
      stop,
    },
    run.taskCount,
  )
  const content = ports.pools.content({ root: mountPoint, checksum: run.checksum, stop })
  let bytes = [...done.values()].reduce((sum, { counts }) => sum + counts.bytes, 0n)
  const full = (path: Buffer) => pathOutOfArea(area, path)
  try {
    await runTasks<SourceTaskResult>({
      taskCount: run.taskCount,
      done,
      concurrency: resolve.size + 1,
      checkpointSeconds: request.checkpointSeconds,
      signal,
      elapsedSeconds,
      run: async (task) => {
        const result = await readTask(task, reading, { resolve, content, full })
        bytes += result.counts.bytes
        ports.progress({ doneTasks: done.size + 1, taskCount: run.taskCount, bytes })
        return result
      },
      save: (results) => saveDone(work, results),
    })
  } finally {
    await Promise.all([closePool(resolve), content.close()])
  }
}

interface Threads {
  readonly resolve: ResolvePool
  readonly content: ContentReader
  /** Path relative to the mount point of one relative to `data_path`. */
  full(path: Buffer): PathBytes
}

async function readTask(task: number, { work, unreadable }: Reading, { resolve, content, full }: Threads): Promise<SourceTaskResult> {
  const { parts, counts, files, sizes, mtimesNs } = await resolve.run({ kind: 'resolve', task })
  const paths = unpackPaths(files) as PathBytes[]
  const digested = await content.digest(paths.map((path, row) => ({ path: full(path), size: sizes[row]! })))
  const writer = new VerifyWriter(work.partFolder, `t${task}`)
  let [read, bytes, failed] = [0, 0n, 0]
  for (const [row, outcome] of digested.entries()) {
    const line = contentLine({ path: paths[row]!, size: sizes[row]!, mtimeNs: mtimesNs[row]! }, outcome)
    writer.write('content', line)
    if (line.checksum === null) {
      failed += 1
      if (unreadable.length < UNREADABLE_NAMED) unreadable.push(line)
    } else {
      read += 1
      bytes += line.size
    }
  }
  return {
    parts: [...parts, ...writer.finish()],
    counts: addVerifyCounts(counts, { ...NO_VERIFY_COUNTS, files: read, bytes, unreadable: failed }),
  }
}

function contentLine(file: Pick<VerifyContent, 'path' | 'size' | 'mtimeNs'>, outcome: Digested): VerifyContent {
  if (outcome.kind === 'digest') return { ...file, checksum: Buffer.from(outcome.digest), reason: null }
  return { ...file, checksum: null, reason: outcome.kind === 'failed' ? outcome.reason : `its size is ${outcome.size}` }
}
