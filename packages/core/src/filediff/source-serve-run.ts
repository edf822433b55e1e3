import { fstatSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { AsyncQueue } from './async-queue.js'
import { encodeAttributes } from './attributes-codec.js'
import type { BlockGrid } from './block-grid.js'
import type { BlockPool } from './block-job-types.js'
import { encodeError, encodeFrame, encodeSourceHello, FRAME, FROM_TARGET } from './codec.js'
import { FilediffError } from './filediff-error.js'
import type { ByteRange, Checksum, SourceFile, Xattr } from './filediff-types.js'
import { FrameReader } from './frame-reader.js'
import { answeredCount, type GiveAnswer, planAnswers, type SourceAnswer } from './source-answers.js'
import { SourceInbox, TargetLeft } from './source-inbox.js'
import { SourceReads } from './source-reads.js'
import { SourceSpeaker } from './source-speaker.js'
import { StreamWriter } from './stream-writer.js'

export interface ServeRequest {
  /** Open for reading. */
  readonly fd: number
  readonly file: SourceFile
  /** null = not asked for. */
  readonly xattrs: readonly Xattr[] | null
  readonly bounds: ByteRange
  readonly headerSize: number
  /** The only block size to accept; null = any. */
  readonly blockSize: number | null
  readonly input: Readable
  readonly output: Writable
  /** Opens threads for the hash that the target asks for. */
  readonly openPool: (checksum: Checksum) => BlockPool
}

/**
 * Serves one file to one target until the target says that it needs no more. What goes wrong is told to the target and thrown. The output is
 * left open: the process closes it when it ends.
 */
export async function serveSource(request: ServeRequest): Promise<{ readonly dataBytes: bigint }> {
  const writer = new StreamWriter(request.output)
  const sent = { bytes: 0n }
  try {
    await serve(request, writer, sent)
    return { dataBytes: sent.bytes }
  } catch (error) {
    if (error instanceof TargetLeft) return { dataBytes: sent.bytes }
    await tellTarget(writer, error)
    throw error
  } finally {
    request.input.destroy()
  }
}

async function serve(request: ServeRequest, writer: StreamWriter, sent: { bytes: bigint }): Promise<void> {
  const { file, bounds, headerSize, blockSize } = request
  writer.write(encodeSourceHello({ file, bounds }))
  if (request.xattrs !== null) writer.write(attributesFrame(request.xattrs))
  const inbox = new SourceInbox({ size: file.size, bounds, headerSize, blockSize }, () =>
    writer.write(encodeFrame(FRAME.echoed, Buffer.alloc(0))),
  )
  const listening = listen(request.input, inbox)
  const speaking = speak(request, inbox, writer, sent)
  // The listener outlives the speaker only to notice that the target has gone.
  await Promise.race([speaking, listening.then(() => speaking)])
  await speaking
  await writer.flushed()
}

async function listen(input: Readable, inbox: SourceInbox): Promise<void> {
  const reader = new FrameReader(FROM_TARGET)
  try {
    for await (const chunk of input) for (const frame of reader.push(chunk as Buffer)) inbox.handle(frame)
    reader.end()
    if (!inbox.ended) throw new FilediffError('FILEDIFF_TARGET_GONE', 'the target closed the connection before it was done')
  } catch (error) {
    inbox.fail(error)
    throw error
  }
}

async function speak(request: ServeRequest, inbox: SourceInbox, writer: StreamWriter, sent: { bytes: bigint }): Promise<void> {
  const { checksum, blockSize } = await inbox.hello
  const pool = request.openPool(checksum)
  try {
    await answer(request, inbox, { writer, sent, pool, checksum, grid: { blockSize, size: request.file.size } })
  } finally {
    await pool.close()
  }
}

interface AnswerTools {
  readonly writer: StreamWriter
  readonly sent: { bytes: bigint }
  readonly pool: BlockPool
  readonly checksum: Checksum
  readonly grid: BlockGrid
}

async function answer({ fd, file }: ServeRequest, inbox: SourceInbox, { writer, sent, pool, checksum, grid }: AnswerTools): Promise<void> {
  const reads = await SourceReads.open({ fd, grid, checksum, pool })
  const checkUnchanged = () => checkSameFile(fd, file)
  const speaker = new SourceSpeaker({ grid, checksum, writer, sent, credit: inbox.credit, checkUnchanged })
  const answers = new AsyncQueue<{ readonly answer: SourceAnswer | Promise<SourceAnswer> }>()
  const give: GiveAnswer = (answer) => {
    // Its turn comes later: until then a failure must not count as one that nobody handles.
    if (answer instanceof Promise) answer.catch(() => undefined)
    answers.push({ answer })
  }
  const planning = planAnswers(inbox.requests, { fd, grid, pool, reads }, give)
  planning.then(
    () => answers.end(),
    (error: unknown) => answers.fail(error),
  )
  for await (const { answer } of answers) {
    const ready = await answer
    // Before the answer goes out: the target may send more as soon as it has it.
    inbox.answered(answeredCount(ready))
    if (ready.kind === 'blocks') for await (const part of reads.complete(ready)) await speaker.say(part)
    else await speaker.say(ready)
  }
}

function attributesFrame(xattrs: readonly Xattr[]): Buffer {
  const frame = encodeAttributes(xattrs)
  if (frame === null) throw new FilediffError('FILEDIFF_ATTRIBUTES', 'the extended attributes of the file are too long to be sent')
  return frame
}

function checkSameFile(fd: number, file: SourceFile): void {
  const now = fstatSync(fd, { bigint: true })
  if (now.size === file.size && now.mtimeNs === file.mtimeNs && now.ctimeNs === file.ctimeNs) return
  throw new FilediffError('FILEDIFF_CHANGED', 'the file changed while it was read', {
    hint: 'Only a file in a snapshot stays the same; a live file has to be copied when nobody writes to it.',
  })
}

/** Also for what goes wrong before there is a file to serve. */
export async function tellTarget(writer: StreamWriter, error: unknown): Promise<void> {
  const code = error instanceof LustrebackupError ? error.code : 'FILEDIFF_FAILED'
  if (code === 'FILEDIFF_TARGET_FAILED' || code === 'FILEDIFF_TARGET_GONE') return
  try {
    writer.write(encodeError(FRAME.sourceError, { code, message: reasonOf(error) }))
    await writer.flushed()
  } catch {
    // The target has gone; the error itself goes to whoever called.
  }
}
