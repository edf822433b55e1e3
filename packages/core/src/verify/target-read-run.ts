import { LineWriter } from '../parts/line-writer.js'
import type { Tree } from '../tree/tree-port.js'
import { stopFlagOf } from '../workers/stop-flag.js'
import { closePool } from './close-pool.js'
import type { Digested } from './content.job.js'
import type { ContentReader } from './content-port.js'
import { encodeCovered } from './coverage-codec.js'
import { encodeDifference } from './difference-file.js'
import type { VerifyDifference } from './difference-types.js'
import type { TargetVerifyPorts, TargetVerifyRequest } from './target-verify-types.js'
import { NOTHING_COMPARED, saveTargetRun, type TargetTaskResult, type TargetVerifyRun, type TargetWork } from './target-work.js'
import { runTasks } from './task-run.js'
import { readVerifyPart } from './verification-parts.js'
import type { VerificationHeader, VerifyContent, VerifyPart } from './verification-types.js'
import type { ComparePool } from './verify-pools.js'

/** A comparison under way. */
export interface Comparing {
  readonly header: VerificationHeader
  readonly work: TargetWork
  readonly run: TargetVerifyRun
  readonly done: Map<number, TargetTaskResult>
  /** Absolute path of the target's tree. */
  readonly root: string
  /** Timestamp of the state that the tree holds. */
  readonly state: number
}

/** System calls of one worker that are under way at once. */
const IN_FLIGHT = 32
/** Files of which the digests are computed together. */
const CHUNK_FILES = 4096

/** Works through the parts of a verification that have not been compared. */
export async function compareParts(comparing: Comparing, request: TargetVerifyRequest, ports: TargetVerifyPorts): Promise<void> {
  const { header, work, run, done, root } = comparing
  const { signal, elapsedSeconds } = ports
  const stop = stopFlagOf(signal)
  const named = header.parts.filter(({ kind }) => kind !== 'content').length
  const compare = ports.pools.compare(
    { root, inFlight: IN_FLIGHT, partFolder: work.partFolder, foundFolder: work.foundFolder, stop },
    named,
  )
  const content = ports.pools.content({ root, checksum: header.checksum, stop })
  const tree = ports.openTree(root)
  let bytes = [...done.values()].reduce((sum, { counts }) => sum + counts.bytes, 0n)
  try {
    await runTasks<TargetTaskResult>({
      taskCount: header.parts.length,
      done,
      concurrency: compare.size + 1,
      checkpointSeconds: request.checkpointSeconds,
      signal,
      elapsedSeconds,
      run: async (task) => {
        const part = header.parts[task]!
        const result =
          part.kind === 'content' ? await compareContent(part, comparing, { tree, content }, ports) : await compareNamed(part, compare)
        bytes += result.counts.bytes
        ports.progress({ doneTasks: done.size + 1, taskCount: header.parts.length, bytes })
        return result
      },
      save: (results) => saveTargetRun(work, run, results),
    })
  } finally {
    tree.close()
    await Promise.all([closePool(compare), content.close()])
  }
}

async function compareNamed({ kind, file }: VerifyPart, pool: ComparePool): Promise<TargetTaskResult> {
  if (kind === 'content') throw new Error('content is not compared by names')
  const { count, differenceFile } = await pool.run({ kind, file })
  const counts = { ...NOTHING_COMPARED, [kind === 'entry' ? 'objects' : 'directories']: count }
  return { counts, differenceFile, coveredFile: null }
}

interface Reader {
  readonly tree: Tree
  readonly content: ContentReader
}

/** Reads the files of one part and compares their digests with those of the source. */
async function compareContent(
  part: VerifyPart,
  { work, state }: Comparing,
  reader: Reader,
  ports: TargetVerifyPorts,
): Promise<TargetTaskResult> {
  const files = { differences: `differences.${part.file}`, covered: `covered.${part.file}` }
  const differences = LineWriter.anew(work.foundFolder, files.differences)
  const covered = LineWriter.anew(work.foundFolder, files.covered)
  const counts = { ...NOTHING_COMPARED }
  const compare = async (chunk: readonly VerifyContent[]) => {
    for (const { content, outcome, mtimeNs } of await digestContent(chunk, reader)) {
      const difference = differenceOf(content, outcome)
      if (difference !== null) differences.write(encodeDifference(difference))
      const wasRead = outcome?.kind === 'digest'
      counts.files += wasRead ? 1 : 0
      counts.bytes += wasRead ? content.size : 0n
      counts.notCompared += wasRead ? 0 : 1
      if (!wasRead || difference !== null || mtimeNs !== content.mtimeNs) continue
      const { path, size, checksum } = content
      covered.write(encodeCovered({ path, size, mtimeNs, checksum: checksum!, state, verifiedAt: ports.nowSeconds() }))
    }
  }
  let chunk: VerifyContent[] = []
  for await (const lines of readVerifyPart(work.partFolder, { kind: 'content', file: part.file })) {
    chunk.push(...lines)
    if (chunk.length < CHUNK_FILES) continue
    await compare(chunk)
    chunk = []
  }
  await compare(chunk)
  differences.finish()
  covered.finish()
  return { counts, differenceFile: files.differences, coveredFile: files.covered }
}

interface DigestedContent {
  readonly content: VerifyContent
  /** null where the source has no checksum. */
  readonly outcome: Digested | null
  /** Of the target's file; null = it is none. */
  readonly mtimeNs: bigint | null
}

async function digestContent(chunk: readonly VerifyContent[], { tree, content: reader }: Reader): Promise<DigestedContent[]> {
  const readable = chunk.filter(({ checksum }) => checksum !== null)
  const [stats, outcomes] = await Promise.all([tree.lstat(readable.map(({ path }) => path)), reader.digest(readable)])
  const rows = new Map(readable.map((content, row) => [content, row]))
  return chunk.map((content) => {
    const row = rows.get(content)
    if (row === undefined) return { content, outcome: null, mtimeNs: null }
    return { content, outcome: outcomes[row]!, mtimeNs: stats[row]?.type === 'f' ? stats[row].mtimeNs : null }
  })
}

/** What is not there, not a file, or of another size is told of the object. */
const TOLD_ELSEWHERE = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EISDIR']

function differenceOf({ path, checksum }: VerifyContent, outcome: Digested | null): VerifyDifference | null {
  if (outcome === null || outcome.kind === 'other-size') return null
  if (outcome.kind === 'failed') {
    const isTold = outcome.code !== null && TOLD_ELSEWHERE.includes(outcome.code)
    return isTold ? null : { path, aspect: 'unreadable', expected: 'readable', found: outcome.reason }
  }
  if (checksum!.equals(outcome.digest)) return null
  return { path, aspect: 'content', expected: checksum!.toString('hex'), found: Buffer.from(outcome.digest).toString('hex') }
}
