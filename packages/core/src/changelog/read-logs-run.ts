import type { MapMdt } from '../backupmap/backupmap-types.js'
import { LustrebackupError } from '../errors/errors.js'
import type { ChangelogReader, Lustre } from '../lustre/lustre-port.js'
import { InFlight } from '../workers/in-flight.js'
import type { Pool } from '../workers/worker-types.js'
import type { RecordedName } from './collect-names.js'
import type { OpenerTable } from './opener-table.js'
import type { ReduceInput, ReduceOutput } from './reduce.job.js'
import { type ChunkAccount, GAP_OPTIONS } from './reduce-records.js'

/** The part of one MDT's log that is to be read. */
export interface LogRange {
  readonly mdt: string
  /** `FSNAME-MDT0000` of the mounted snapshot. */
  readonly mdtname: string
  /** Index that the first record must have; null = whatever the log still holds. */
  readonly startRecno: bigint | null
  /** Last record of the base: where a log without any record stands. null without a base. */
  readonly cursor: bigint | null
}

export type ReducePool = Pool<ReduceInput, ReduceOutput>

/** A record has about 150 bytes: some 28 000 of them in a chunk. */
const CHUNK_BYTES = 4 * 1024 * 1024
/** Chunks under way for each worker: one that it works on, one that waits for it. */
const CHUNKS_PER_WORKER = 2

/** Reads the logs to their ends and hands their chunks to the workers of `pool`; `openers` gets what they hand in early. Gives the account of each, of records without a gap: where no first one is asked for, those after the last gap. */
export async function readLogs(
  lustre: Lustre,
  logs: readonly LogRange[],
  pool: ReducePool,
  { openers, onRecords }: { readonly openers: OpenerTable; onRecords(count: number): void },
  signal: AbortSignal,
): Promise<MapMdt[]> {
  const accounts: MapMdt[] = []
  for (const log of logs) {
    const chunks: ChunkAccount[] = []
    await forEachChunk(lustre, log, pool, signal, async (records, index) => {
      const output = await pool.run({ kind: 'chunk', records }, [records.buffer as ArrayBuffer])
      if (output.kind !== 'chunk') return
      chunks[index] = output.account
      onRecords(output.account.recordCount)
      if (output.openers !== null) openers.merge(output.openers)
    })
    accounts.push(accountOf(log, chunks))
  }
  return accounts
}

/** Reads the logs once more, for the names that they hold for some inodes: `wanted` as entries of a touched set. */
export async function collectLogNames(
  lustre: Lustre,
  logs: readonly LogRange[],
  wanted: Uint32Array,
  pool: ReducePool,
  signal: AbortSignal,
): Promise<RecordedName[]> {
  const names: RecordedName[] = []
  for (const log of logs) {
    await forEachChunk(lustre, log, pool, signal, async (records) => {
      const output = await pool.run({ kind: 'collect', records, wanted }, [records.buffer as ArrayBuffer])
      if (output.kind === 'collect') for (const name of output.names) names.push(name)
    })
  }
  return names
}

async function forEachChunk(
  lustre: Lustre,
  log: LogRange,
  pool: ReducePool,
  signal: AbortSignal,
  work: (records: Uint8Array, index: number) => Promise<void>,
): Promise<void> {
  const reader = lustre.openChangelog(log.mdtname, log.startRecno ?? 0n)
  const inFlight = new InFlight(pool.capacity * CHUNKS_PER_WORKER)
  try {
    for (let index = 0; ; index += 1) {
      signal.throwIfAborted()
      const records = await nextChunk(reader)
      if (records === null) break
      await inFlight.start(() => work(records, index))
    }
    await inFlight.drain()
  } catch (error) {
    throw named(log, error)
  } finally {
    reader.close()
  }
}

async function nextChunk(reader: ChangelogReader): Promise<Uint8Array | null> {
  const buffer = new Uint8Array(CHUNK_BYTES)
  const length = await reader.read(buffer)
  if (length === 0) return null
  // A short chunk is copied, so that its worker does not hold on to the whole buffer.
  return length < CHUNK_BYTES / 2 ? buffer.slice(0, length) : buffer.subarray(0, length)
}

function accountOf(log: LogRange, chunks: readonly ChunkAccount[]): MapMdt {
  let startRecno = log.startRecno ?? (log.cursor ?? 0n) + 1n
  let next = startRecno
  for (const { firstRecno, lastRecno } of chunks) {
    if (firstRecno !== next && log.startRecno !== null) throw gap(log, next, firstRecno)
    if (firstRecno !== next) startRecno = firstRecno
    next = lastRecno + 1n
  }
  return { mdt: log.mdt, startRecno, endRecno: next - 1n, recordCount: next - startRecno }
}

function gap(log: LogRange, expected: bigint, found: bigint): LustrebackupError {
  return new LustrebackupError(
    'CHANGELOG_GAP',
    `reading the changelog of ${log.mdtname}: record ${expected} was expected, but record ${found} came: records are missing`,
    GAP_OPTIONS,
  )
}

function named(log: LogRange, error: unknown): unknown {
  if (!(error instanceof LustrebackupError) || error.message.includes(log.mdtname)) return error
  const { code, exitCode, hint } = error
  return new LustrebackupError(code, `${log.mdtname}: ${error.message}`, { exitCode, cause: error, ...(hint === null ? {} : { hint }) })
}
