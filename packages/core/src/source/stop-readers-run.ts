import { realpathSync } from 'node:fs'
import { basename } from 'node:path'
import { argumentsOf, processIds, signalProcess, workingFolderOf } from '../exec/process-group.js'
import type { Log } from '../log/log-types.js'
import { processStartTicks } from '../state/lock-holder.js'
import { percentDecode } from '../types/path-bytes.js'

/** What a script is started with, as the first word of its process. */
const INTERPRETER = /(^|\/)(node|nodejs|sh|bash|dash)$/
const FILEDIFF = 'lustrebackup_source_filediff'
/** Between asking a reader to end and killing it. */
const GRACE_SECONDS = 2
const LOOK_SECONDS = 0.1

export interface StopReadersPorts {
  readonly log: Log
  sleep(seconds: number): Promise<void>
}

/** Ends the processes that a backup has on this host to read a folder for the target: rsync and filediff, and no others. */
export async function stopReaders(folder: string, { log, sleep }: StopReadersPorts): Promise<void> {
  const places = [folder, resolved(folder)]
  const readers = processIds().flatMap((pid) => {
    const words = argumentsOf(pid)
    const startTicks = isReader({ words, folder: workingFolderOf(pid) }, places) ? processStartTicks(pid) : null
    return startTicks === null ? [] : [{ pid, startTicks, words }]
  })
  for (const { pid, words } of readers) {
    log.warning('ending a process that reads for the target', { pid, program: words[0] })
    signalProcess(pid, 'SIGTERM')
  }
  const left = () => readers.filter(({ pid, startTicks }) => processStartTicks(pid) === startTicks)
  for (let waited = 0; left().length > 0 && waited < GRACE_SECONDS; waited += LOOK_SECONDS) await sleep(LOOK_SECONDS)
  for (const { pid } of left()) signalProcess(pid, 'SIGKILL')
}

export interface ReadingProcess {
  readonly words: readonly string[]
  /** That it works in. */
  readonly folder: string
}

/** By what the target's commands have: the programs by their names; the folder as a path or percent-encoded, or as the one that the forced command has entered. */
export function isReader({ words, folder }: ReadingProcess, places: readonly string[]): boolean {
  const own = INTERPRETER.test(words[0] ?? '') ? words.slice(1) : words
  const program = basename(own[0] ?? '', '.js')
  const isRsync = program === 'rsync' && own[1] === '--server' && own[2] === '--sender'
  const isFilediff = program === FILEDIFF
  if (!isRsync && !isFilediff) return false
  return [folder, ...words].some((word) =>
    places.some((place) => isBeneath(word, place) || isBeneath(percentDecode(word)?.toString('latin1') ?? '', place)),
  )
}

function isBeneath(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

function resolved(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}
