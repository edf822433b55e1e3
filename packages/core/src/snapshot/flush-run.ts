import { type PathList, packPaths, unpackPath } from '@lustrebackup/lustreapi/path-list'
import { collectWriters } from '../changelog/collect-writers.js'
import { seekTime } from '../changelog/seek-time.js'
import { TouchedTable } from '../changelog/touched-table.js'
import { FID_WORDS } from '../changelog/touched-types.js'
import { reasonOf } from '../errors/errors.js'
import type { Log, LogFields } from '../log/log-types.js'
import type { Lustre, LustreTree } from '../lustre/lustre-port.js'
import { FID_BYTES } from '../types/fid.js'
import { beforeAbort } from './before-abort.js'

const CHUNK_BYTES = 4 * 1024 * 1024
/** FIDs of one batch: few enough that a time limit is noticed soon. */
const BATCH_FIDS = 1024
/** How far the clock of an MDS may be behind, and records out of order, without a recent one being passed over. */
const CLOCK_MARGIN_SECONDS = 10

export interface FlushRequest {
  readonly fsname: string
  readonly mdts: readonly string[]
  /** Mount point of the live file system. */
  readonly dataMount: string
  /** Files written since then (unix seconds) are asked for. */
  readonly sinceSeconds: number
  /** Where the looking for recent records may begin: a record that is known to be older. Without one, at the beginning of the log. */
  readonly fromRecnos: ReadonlyMap<string, bigint>
}

export interface FlushPorts {
  readonly lustre: Lustre
  readonly log: Log
  readonly signal: AbortSignal
  /** Aborted when it has taken long enough. */
  readonly limit: AbortSignal
}

export interface FlushOutcome {
  /** Last record that was read of each MDT's log; an MDT is missing when none was read. */
  readonly lastRecnos: ReadonlyMap<string, bigint>
  /** Files that were asked for. */
  readonly fileCount: number
}

/**
 * Makes the clients write out what they hold of the files that were written to lately, so that the snapshot has their content.
 * Nothing depends on its success: what goes wrong is a warning, and what is not flushed is compared again in the next interval.
 */
export async function runFlush(request: FlushRequest, ports: FlushPorts): Promise<FlushOutcome> {
  const writers = new TouchedTable()
  const lastRecnos = new Map<string, bigint>()
  let fileCount = 0
  for (const mdt of request.mdts) {
    await attempt(ports, { mdt }, async () => {
      const last = await readLog(request, mdt, writers, ports)
      if (last !== null) lastRecnos.set(mdt, last)
    })
  }
  if (writers.count === 0) return { lastRecnos, fileCount }
  await attempt(ports, { writerCount: writers.count }, async () => {
    fileCount = await flushFiles(request.dataMount, fidsOf(writers), ports)
    ports.log.info('clients were asked to write out recent data', { fileCount, writerCount: writers.count })
  })
  return { lastRecnos, fileCount }
}

async function attempt({ signal, limit, log }: FlushPorts, fields: LogFields, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    signal.throwIfAborted()
    const reason = limit.aborted ? 'it took too long' : reasonOf(error)
    log.warning('not all clients could be asked to write out recent data before the snapshot', { ...fields, reason })
  }
}

/** Gives the index of the last record. */
async function readLog(request: FlushRequest, mdt: string, writers: TouchedTable, ports: FlushPorts): Promise<bigint | null> {
  const known = request.fromRecnos.get(mdt) ?? 0n
  const from = await seekTime(ports.lustre, `${request.fsname}-${mdt}`, known, request.sinceSeconds - CLOCK_MARGIN_SECONDS)
  const last = await readFrom(request, mdt, from, writers, ports)
  // A log that ends before the place where it was left is another log.
  return last === null && known > 0n ? await readFrom(request, mdt, 0n, writers, ports) : last
}

async function readFrom(
  { fsname, sinceSeconds }: FlushRequest,
  mdt: string,
  from: bigint,
  writers: TouchedTable,
  { lustre, signal, limit }: FlushPorts,
): Promise<bigint | null> {
  const reader = lustre.openChangelog(`${fsname}-${mdt}`, from)
  const buffer = new Uint8Array(CHUNK_BYTES)
  let last: bigint | null = null
  try {
    for (;;) {
      signal.throwIfAborted()
      limit.throwIfAborted()
      const length = await reader.read(buffer)
      if (length === 0) return last
      last = collectWriters(buffer.subarray(0, length), sinceSeconds, writers)
    }
  } finally {
    reader.close()
  }
}

async function flushFiles(dataMount: string, fids: Uint8Array, { lustre, signal, limit }: FlushPorts): Promise<number> {
  const tree = lustre.openTree(dataMount)
  const stop = AbortSignal.any([signal, limit])
  let fileCount = 0
  try {
    for (let at = 0; at < fids.length; at += BATCH_FIDS * FID_BYTES) {
      const batch = tree.fid2path(fids.subarray(at, at + BATCH_FIDS * FID_BYTES), 1).then((found) => flushPaths(tree, found.paths))
      fileCount += await beforeAbort(batch, stop)
    }
  } finally {
    // A batch that a dead server holds up is left behind, and the tree that it uses stays open.
    if (!stop.aborted) tree.close()
  }
  return fileCount
}

async function flushPaths(tree: LustreTree, found: PathList): Promise<number> {
  const paths = Array.from({ length: found.ends.length }, (_, index) => unpackPath(found, index)).filter(({ length }) => length > 0)
  await tree.flush(packPaths(paths))
  return paths.length
}

function fidsOf(writers: TouchedTable): Uint8Array {
  const fids = new Uint32Array(writers.count * FID_WORDS)
  let filled = 0
  writers.visit((words, offset) => {
    fids.set(words.subarray(offset, offset + FID_WORDS), filled)
    filled += FID_WORDS
  })
  return new Uint8Array(fids.buffer)
}
