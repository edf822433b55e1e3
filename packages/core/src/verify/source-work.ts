import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { crashPoint } from '../crash/crash-point.js'
import type { Checksum } from '../filediff/filediff-types.js'
import { makeFolder } from '../state/durable.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { loadState, saveState } from '../state/state-file.js'
import { removeLink, replaceLink } from '../state/state-link.js'
import { asArray, asCount, asFormat, asObject, asString } from '../state/state-shape.js'
import { fidFolderOf } from './named-fids.js'
import { asChecksum, parseVerifyCounts, parseVerifyFilter, parseVerifyPart, plainJson } from './parse-verification.js'
import type { VerifyCounts, VerifyFilter, VerifyPart } from './verification-types.js'

const RUN_FORMAT = 'lustrebackup-source-verify-run'
const DONE_FORMAT = 'lustrebackup-source-verify-done'
const VERSION = 1
const PREFIX = 'verify-source-'

/** What a run verifies: another one of the same can go on with its work. */
export interface SourceVerifyIdentity {
  readonly start: number
  readonly timestamp: number
  readonly snapshotName: string
  readonly backups: readonly number[]
  readonly filter: VerifyFilter
  readonly checksum: Checksum
}

/** A run that has gathered what it has to look at. */
export interface SourceVerifyRun extends SourceVerifyIdentity {
  readonly taskCount: number
  /** Unix seconds. */
  readonly startedAt: number
}

export interface SourceTaskResult {
  readonly parts: readonly VerifyPart[]
  readonly counts: VerifyCounts
}

/** Where a run keeps its work until the verification is whole. */
export interface SourceWork {
  readonly folder: string
  readonly fidFolder: string
  readonly partFolder: string
}

export function sourceWork(layout: MetaLayout, timestamp: number): SourceWork {
  const folder = join(layout.folder('tmp'), `${PREFIX}${timestamp}`)
  return { folder, fidFolder: fidFolderOf(folder), partFolder: join(folder, 'parts') }
}

const linkOf = ({ start, timestamp }: SourceVerifyIdentity) => `inprogress_verify_${start}_${timestamp}` as const

/** Removes the work of every run; of one that `keep` names only the links of others. The caller holds the lock. */
export function removeSourceWork(layout: MetaLayout, keep: SourceVerifyIdentity | null): void {
  for (const name of readdirSync(layout.basepath)) {
    const own = keep !== null && name === linkOf(keep)
    if (/^inprogress_verify_[0-9]+_[0-9]+$/.test(name) && !own) removeLink(join(layout.basepath, name))
  }
  for (const name of readdirSync(layout.folder('tmp'))) {
    const own = keep !== null && name === `${PREFIX}${keep.timestamp}`
    if (name.startsWith(PREFIX) && !own) rmSync(join(layout.folder('tmp'), name), { recursive: true, force: true })
  }
  crashPoint('verify-work.removed')
}

/** Makes the folders of a run afresh, and the link that keeps its snapshot from being destroyed. */
export function beginSourceWork(layout: MetaLayout, identity: SourceVerifyIdentity): SourceWork {
  removeSourceWork(layout, null)
  const work = sourceWork(layout, identity.timestamp)
  for (const folder of [work.folder, work.fidFolder, work.partFolder]) makeFolder(folder)
  replaceLink(layout.link(linkOf(identity)), work.folder)
  return work
}

/** From here on the run can be continued. */
export function saveRun(work: SourceWork, run: SourceVerifyRun): void {
  saveState(join(work.folder, 'run.json'), { format: RUN_FORMAT, version: VERSION, ...run })
}

/** The run whose work is there, when it is the same; otherwise null. */
export function loadRun(layout: MetaLayout, identity: SourceVerifyIdentity): SourceVerifyRun | null {
  const run = loadState(join(sourceWork(layout, identity.timestamp).folder, 'run.json'), parseRun)
  if (run === null) return null
  const { taskCount: _, startedAt: __, ...found } = run
  return isDeepStrictEqual(found, identity) ? run : null
}

export function saveDone(work: SourceWork, done: ReadonlyMap<number, SourceTaskResult>): void {
  const tasks = Array.from(done, ([task, result]) => ({ task, ...result }))
  saveState(join(work.folder, 'done.json'), { format: DONE_FORMAT, version: VERSION, ...plainJson({ tasks }) })
}

/** The tasks that are done; removes the parts of those that were not finished. */
export function loadDone(work: SourceWork): Map<number, SourceTaskResult> {
  const done = loadState(join(work.folder, 'done.json'), parseDone) ?? new Map<number, SourceTaskResult>()
  makeFolder(work.partFolder)
  // The parts may have become a verification already, whose folder has another name.
  for (const [task, { parts }] of done) if (!parts.every(({ file }) => existsSync(join(work.partFolder, file)))) done.delete(task)
  const kept = new Set([...done.values()].flatMap(({ parts }) => parts.map(({ file }) => file)))
  for (const file of readdirSync(work.partFolder)) if (!kept.has(file)) rmSync(join(work.partFolder, file))
  crashPoint('verify-work.trimmed')
  return done
}

function parseRun(value: unknown): SourceVerifyRun {
  const fields = asFormat(value, RUN_FORMAT, VERSION)
  return {
    start: asCount(fields.start, 'start'),
    timestamp: asCount(fields.timestamp, 'timestamp'),
    snapshotName: asString(fields.snapshotName, 'snapshotName'),
    backups: asArray(fields.backups, 'backups').map((backup) => asCount(backup, 'a backup')),
    filter: parseVerifyFilter(fields.filter),
    checksum: asChecksum(fields.checksum),
    taskCount: asCount(fields.taskCount, 'taskCount'),
    startedAt: asCount(fields.startedAt, 'startedAt'),
  }
}

function parseDone(value: unknown): Map<number, SourceTaskResult> {
  const tasks = asArray(asFormat(value, DONE_FORMAT, VERSION).tasks, 'tasks')
  return new Map(
    tasks.map((item) => {
      const fields = asObject(item, 'a task')
      const parts = asArray(fields.parts, 'parts').map(parseVerifyPart)
      return [asCount(fields.task, 'task'), { parts, counts: parseVerifyCounts(fields.counts) }]
    }),
  )
}
