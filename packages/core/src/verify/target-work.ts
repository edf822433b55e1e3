import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { crashPoint } from '../crash/crash-point.js'
import { makeFolder } from '../state/durable.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { loadState, saveState } from '../state/state-file.js'
import { removeLink, replaceLink } from '../state/state-link.js'
import { asArray, asCount, asFormat, asInt, asObject, asString, asStringOrNull } from '../state/state-shape.js'
import { plainJson } from './parse-verification.js'
import type { ComparedCounts } from './target-verify-types.js'

const FORMAT = 'lustrebackup-target-verify-run'
const VERSION = 1
const PREFIX = 'verify-target-'

/** What a comparison goes on with: the same verification, and the same tree. */
export interface TargetVerifyRun {
  readonly headerDigest: string
  /** Name of the target's snapshot; null = its tree. */
  readonly snapshotName: string | null
  /** Unix seconds. */
  readonly startedAt: number
}

/** What has become of one part. */
export interface TargetTaskResult {
  readonly counts: ComparedCounts
  readonly differenceFile: string | null
  /** Files that have been found right, for the coverage. */
  readonly coveredFile: string | null
}

/** Where a comparison keeps its work. */
export interface TargetWork {
  readonly folder: string
  readonly partFolder: string
  readonly foundFolder: string
  readonly lists: string
}

export function targetWork(layout: MetaLayout, timestamp: number): TargetWork {
  const folder = join(layout.folder('tmp'), `${PREFIX}${timestamp}`)
  return { folder, partFolder: join(folder, 'parts'), foundFolder: join(folder, 'found'), lists: join(folder, 'lists') }
}

/** Makes what is missing of the folders, after removing the work of other comparisons, and without `resume` of this one too. */
export function beginTargetWork(layout: MetaLayout, timestamp: number, resume: boolean): TargetWork {
  const work = targetWork(layout, timestamp)
  for (const name of readdirSync(layout.folder('tmp'))) {
    const own = resume && name === `${PREFIX}${timestamp}`
    if (name.startsWith(PREFIX) && !own) rmSync(join(layout.folder('tmp'), name), { recursive: true, force: true })
  }
  crashPoint('compare-work.removed')
  for (const folder of [work.folder, work.foundFolder, work.lists]) makeFolder(folder)
  return work
}

export function endTargetWork(layout: MetaLayout, timestamp: number): void {
  rmSync(targetWork(layout, timestamp).folder, { recursive: true, force: true })
  crashPoint('compare-work.ended')
}

/** Keeps a snapshot of the target from being destroyed while it is read; only one is read at a time. */
export function markVerifying(layout: MetaLayout, timestamp: number): void {
  unmarkVerifying(layout)
  replaceLink(layout.link(`inprogress_verify_${timestamp}_${timestamp}`), targetWork(layout, timestamp).folder)
}

export function unmarkVerifying(layout: MetaLayout): void {
  for (const name of readdirSync(layout.basepath)) {
    if (/^inprogress_verify_[0-9]+_[0-9]+$/.test(name)) removeLink(join(layout.basepath, name))
  }
}

export function saveTargetRun(work: TargetWork, run: TargetVerifyRun, done: ReadonlyMap<number, TargetTaskResult>): void {
  const tasks = Array.from(done, ([task, result]) => ({ task, ...result }))
  saveState(join(work.folder, 'done.json'), { format: FORMAT, version: VERSION, ...plainJson({ ...run, tasks }) })
}

/** The tasks that are done, where they were done with the same verification and the same tree; otherwise none. */
export function loadTargetRun(
  work: TargetWork,
  wanted: Omit<TargetVerifyRun, 'startedAt'>,
): { run: TargetVerifyRun; done: Map<number, TargetTaskResult> } | null {
  const saved = loadState(join(work.folder, 'done.json'), parseSaved)
  if (saved === null || saved.run.headerDigest !== wanted.headerDigest || saved.run.snapshotName !== wanted.snapshotName) return null
  for (const [task, { differenceFile, coveredFile }] of saved.done) {
    const there = [differenceFile, coveredFile].every((file) => file === null || existsSync(join(work.foundFolder, file)))
    if (!there) saved.done.delete(task)
  }
  return saved
}

function parseSaved(value: unknown): { run: TargetVerifyRun; done: Map<number, TargetTaskResult> } {
  const fields = asFormat(value, FORMAT, VERSION)
  const run = {
    headerDigest: asString(fields.headerDigest, 'headerDigest'),
    snapshotName: asStringOrNull(fields.snapshotName, 'snapshotName'),
    startedAt: asCount(fields.startedAt, 'startedAt'),
  }
  const tasks = asArray(fields.tasks, 'tasks').map((item): [number, TargetTaskResult] => {
    const task = asObject(item, 'a task')
    const result = {
      counts: parseComparedCounts(task.counts),
      differenceFile: asStringOrNull(task.differenceFile, 'differenceFile'),
      coveredFile: asStringOrNull(task.coveredFile, 'coveredFile'),
    }
    return [asCount(task.task, 'task'), result]
  })
  return { run, done: new Map(tasks) }
}

export const NOTHING_COMPARED: ComparedCounts = { objects: 0, directories: 0, files: 0, bytes: 0n, notCompared: 0 }

export function addCompared(a: ComparedCounts, b: ComparedCounts): ComparedCounts {
  return {
    objects: a.objects + b.objects,
    directories: a.directories + b.directories,
    files: a.files + b.files,
    bytes: a.bytes + b.bytes,
    notCompared: a.notCompared + b.notCompared,
  }
}

function parseComparedCounts(value: unknown): ComparedCounts {
  const fields = asObject(value, 'counts')
  const count = (name: keyof ComparedCounts) => asCount(fields[name], `counts.${name}`)
  return {
    objects: count('objects'),
    directories: count('directories'),
    files: count('files'),
    bytes: asInt(fields.bytes, 'counts.bytes', 0n),
    notCompared: count('notCompared'),
  }
}
