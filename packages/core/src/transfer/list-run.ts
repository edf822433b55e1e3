import { existsSync, rmSync } from 'node:fs'
import { crashPoint } from '../crash/crash-point.js'
import { LustrebackupError } from '../errors/errors.js'
import type { Exec } from '../exec/exec-port.js'
import type { Log } from '../log/log-types.js'
import { loadState, replaceFile, saveState } from '../state/state-file.js'
import { asBoolean, asFormat, asString } from '../state/state-shape.js'
import { costOf } from './list-cost.js'
import { addStats, explainExit, missesFiles, NO_STATS, parseReasons, parseStats } from './parse-rsync.js'
import { planRsync, RSYNC_ENVIRONMENT } from './rsync-plan.js'
import { shareSync } from './share-sync.js'
import { runStreams } from './streams-run.js'
import type { RsyncKind, RsyncSettings, RsyncStats, TransferList } from './transfer-types.js'

/** Node counts no timer longer than 24 days; a list that takes longer than this hangs. */
const LIST_SECONDS = 20 * 24 * 3600
const DONE_FORMAT = 'lustrebackup-list-done'

export interface ListContext {
  readonly exec: Exec
  readonly settings: RsyncSettings
  /** Streams at most. */
  readonly nprocs: number
  readonly signal: AbortSignal
  readonly log: Log
  /** Makes what a list brought survive a power cut, before the list counts as done. */
  sync(): Promise<void>
  /** Makes sure that the snapshot is mounted on the source; mounted already is success. */
  remount(): Promise<void>
  elapsedSeconds(): number
  /** Told after each list. */
  progress(list: TransferList): void
}

/** What a single rsync needs. */
export type RsyncContext = Pick<ListContext, 'exec' | 'settings' | 'signal' | 'log'>

export interface ListsResult {
  readonly stats: RsyncStats
  /** Some files of some list were not transferred. */
  readonly partial: boolean
  /** What rsync said about files, by path as it writes it. */
  readonly reasons: ReadonlyMap<string, string>
}

interface ListDone {
  readonly stats: RsyncStats
  readonly partial: boolean
  readonly reasons: ReadonlyMap<string, string>
}

/**
 * Transfers the lists, as many at a time as helps, `nprocs` at most. A list that has been transferred is marked beside it and skipped when the run is repeated.
 * Files that fail do not stop their list; a list that fails stops the run. While what a list brought is being put on disk, the next one is under way.
 */
export async function runLists(kind: RsyncKind, lists: readonly TransferList[], context: ListContext): Promise<ListsResult> {
  const results: ListDone[] = []
  const marked: Promise<void>[] = []
  // Lists are of no use any more when what they bring cannot be put on disk.
  const unwritten = new AbortController()
  const sync = shareSync(context.sync)
  const transfer = async (list: TransferList, signal: AbortSignal) => {
    const known = loadDone(list)
    if (known !== null) results.push(known)
    else {
      const output = await runOrRepeat(list.isSmall ? 'small files' : kind, list.file, { ...context, signal })
      results.push(doneOf(output))
      const marking = markDone(list, output, sync)
      marking.catch((error: unknown) => unwritten.abort(error))
      marked.push(marking)
    }
    context.progress(list)
  }
  const { nprocs: limit, elapsedSeconds } = context
  const signal = AbortSignal.any([context.signal, unwritten.signal])
  try {
    await runStreams(lists, ({ sizeBytes, pathCount }) => Number(costOf(sizeBytes, pathCount)), transfer, { limit, signal, elapsedSeconds })
  } finally {
    await Promise.allSettled(marked)
  }
  await Promise.all(marked)
  return {
    stats: results.reduce((sum, { stats }) => addStats(sum, stats), NO_STATS),
    partial: results.some(({ partial }) => partial),
    reasons: new Map(results.flatMap(({ reasons }) => [...reasons])),
  }
}

function loadDone({ file }: TransferList): ListDone | null {
  const marker = markerOf(file)
  return existsSync(marker) ? loadState(marker, parseDone) : null
}

function doneOf({ stdout, stderr }: RsyncOutput): ListDone {
  return { stats: parseStats(stdout), partial: stderr !== null, reasons: parseReasons(stderr ?? '') }
}

/** Only when everything that the list brought is on disk. */
async function markDone({ file }: TransferList, { stdout, stderr }: RsyncOutput, sync: () => Promise<void>): Promise<void> {
  await sync()
  saveState(markerOf(file), { format: DONE_FORMAT, version: 1, stdout, stderr: stderr ?? '', partial: stderr !== null })
}

/** A snapshot never loses a file: where one is missing the snapshot was unmounted, and the list begins anew when it is back. */
async function runOrRepeat(kind: RsyncKind, listFile: string, context: ListContext): Promise<RsyncOutput> {
  const first = await runRsync(kind, listFile, context)
  if (first.stderr === null || !missesFiles(first.stderr)) return first
  context.log.warning('files are missing in the snapshot: it is mounted again if need be, and the list is repeated', { list: listFile })
  await context.remount()
  return await runRsync(kind, listFile, context)
}

/** The list is transferred again when the run is repeated. */
export function forgetDone(listFile: string): void {
  rmSync(markerOf(listFile), { force: true })
  crashPoint('list.forgotten')
}

function markerOf(listFile: string): string {
  return `${listFile}.done`
}

function parseDone(value: unknown): ListDone {
  const fields = asFormat(value, DONE_FORMAT, 1)
  const stats = parseStats(asString(fields.stdout, 'stdout'))
  return { stats, partial: asBoolean(fields.partial, 'partial'), reasons: parseReasons(asString(fields.stderr, 'stderr')) }
}

interface RsyncOutput {
  readonly stdout: string
  /** null when everything was transferred. */
  readonly stderr: string | null
}

/** One rsync. */
async function runRsync(kind: RsyncKind, listFile: string, context: RsyncContext): Promise<RsyncOutput> {
  const { exec, settings, signal, log } = context
  const options = { timeoutSeconds: LIST_SECONDS, environment: RSYNC_ENVIRONMENT, signal }
  const result = await exec.run(settings.rsyncCommand, planRsync(kind, settings, listFile), options)
  const end = explainExit(result.exitCode)
  const stdout = result.stdout.toString('latin1')
  if (end.kind === 'done') return { stdout, stderr: null }
  log.warning('rsync reported problems', { list: listFile, exitCode: result.exitCode, stderr: result.stderr })
  if (end.kind === 'partial') return { stdout, stderr: result.stderr }
  throw new LustrebackupError(
    'RSYNC_FAILED',
    `transferring ${kind} from ${settings.host}:${settings.remoteFolder}: ${end.meaning} (exit code ${result.exitCode})${lastWords(result.stderr)}`,
    { hint: end.hint },
  )
}

/** The last lines of stderr usually hold the reason: first ssh speaks, then rsync. */
function lastWords(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '')
  return lines.length === 0 ? '' : `: ${lines.slice(0, 3).join(' / ')}`
}

/** Fetches files of the software itself, such as those of a map: every one must come. `list` is made for it. */
export async function fetchPlainFiles(names: readonly string[], list: string, context: RsyncContext): Promise<void> {
  replaceFile(list, names.map((name) => `./${name}\0`).join(''))
  const { stderr } = await runRsync('map', list, context)
  if (stderr === null) return
  throw new LustrebackupError(
    'RSYNC_FAILED',
    `fetching ${context.settings.remoteFolder} from ${context.settings.host}: files are missing${lastWords(stderr)}`,
    {
      hint: 'Check that it is still on the source; otherwise make it again there, with lustrebackup_source_map or lustrebackup_source_verify.',
    },
  )
}
