import { statfs } from 'node:fs/promises'
import { formatBytes } from '../cli/format-units.js'
import type { Config } from '../config/config-types.js'
import { LustrebackupError } from '../errors/errors.js'
import { addon } from '../filediff/block-file.js'
import type { Log } from '../log/log-types.js'
import type { PathBytes } from '../types/path-bytes.js'
import { createPool } from '../workers/thread-pool.js'
import type { CopyInput, CopyOutput, CopySettings } from './copy-types.js'
import { assertOutside, identitiesOf, openDestination } from './open-destination.js'
import type { RestoreResult } from './restore-ports.js'
import { copySettings, runRestore } from './restore-run.js'
import type { Overwrite, RestoreStep } from './restore-types.js'
import { ownScratch } from './scratch-name.js'
import { planSelection } from './selection-plan.js'
import { runSurvey, type Survey } from './survey-run.js'

export interface RestoreOrder {
  /** Root of the backup. */
  readonly source: number
  readonly paths: readonly PathBytes[]
  /** As the person wrote it. */
  readonly to: string
  readonly overwrite: Overwrite
}

export interface RestoreSite {
  readonly config: Config
  readonly log: Log
  readonly signal: AbortSignal
}

export interface RestoreProgress {
  readonly doneBytes: bigint
  readonly totalBytes: bigint
  readonly doneFiles: number
  readonly totalFiles: number
}

const PROGRESS_MILLISECONDS = 1000

/** Looks at everything and changes nothing: for what would be done, for the room that it needs, and for how much there is to do. */
export async function surveyRestore(order: RestoreOrder, site: RestoreSite, onStep: (step: RestoreStep) => void): Promise<Survey> {
  const api = addon()
  const { source, overwrite, to } = order
  const place = openDestination(api, to, false)
  try {
    if (place !== null) assertOutside(place, to, forbiddenOf(site.config))
    const survey = await runSurvey({ api, source, overwrite, signal: site.signal, onStep }, planSelection(order.paths), place)
    if (place !== null) await assertRoom(survey, place, to)
    return survey
  } finally {
    if (place !== null) api.closeRoot(place)
  }
}

/** Carries it out, with threads that copy. */
export async function carryOutRestore(
  order: RestoreOrder,
  { counts: all }: Survey,
  site: RestoreSite,
  onProgress: (progress: RestoreProgress) => void,
): Promise<RestoreResult> {
  const api = addon()
  const { source, overwrite, to } = order
  const forbidden = forbiddenOf(site.config)
  const place = openDestination(api, to, true)!
  assertOutside(place, to, forbidden)
  const settings = copySettings(site.signal)
  const pool = createPool<CopySettings, CopyInput, CopyOutput>('copy', settings, site.config.system.nprocs)
  let doneFiles = 0
  const show = () => onProgress({ doneBytes: settings.copiedBytes[0]!, totalBytes: all.bytes, doneFiles, totalFiles: all.files })
  const timer = setInterval(show, PROGRESS_MILLISECONDS)
  const onEntry = ({ files }: { readonly files: number }) => {
    doneFiles = files
  }
  try {
    const ports = { api, source, overwrite, pool, log: site.log, signal: site.signal, owner: ownScratch(), forbidden, onEntry }
    return await runRestore(ports, planSelection(order.paths), place)
  } finally {
    clearInterval(timer)
    await pool.close()
  }
}

function forbiddenOf({ lustre }: Config): ReadonlySet<string> {
  const { dataPath, metaBasepath, snapshotHome } = lustre
  return identitiesOf([dataPath, metaBasepath, ...(snapshotHome === '' ? [] : [snapshotHome])])
}

async function assertRoom({ neededBytes }: Survey, place: number, to: string): Promise<void> {
  const { bavail, bsize } = await statfs(`/proc/self/fd/${place}`, { bigint: true })
  const freeBytes = bavail * bsize
  if (neededBytes <= freeBytes) return
  const reason = `this needs ${formatBytes(neededBytes)}, and only ${formatBytes(freeBytes)} are free`
  throw new LustrebackupError('RESTORE_FULL', `restoring into ${to}: ${reason}`, {
    hint: 'Restore less, or into another folder, or make room. Nothing was changed.',
  })
}
