import { statfs } from 'node:fs/promises'
import { relative } from 'node:path'
import type { CommandContext } from '@lustrebackup/core/cli/command-types'
import { formatBytes } from '@lustrebackup/core/cli/format-units'
import type { App } from '@lustrebackup/core/cli/open-app'
import { EXIT, type ExitCode, LustrebackupError, reasonOf } from '@lustrebackup/core/errors/errors'
import { addon } from '@lustrebackup/core/filediff/block-file'
import { type BackupView, openBackup, openSnapshot, type ViewPorts } from '@lustrebackup/core/restore/backup-view'
import { backupsAmong } from '@lustrebackup/core/restore/choose-backup'
import type { CopyInput, CopyOutput, CopySettings } from '@lustrebackup/core/restore/copy-types'
import * as describe from '@lustrebackup/core/restore/describe-restore'
import { assertInBackup, runList } from '@lustrebackup/core/restore/list-run'
import { assertOutside, identitiesOf, openDestination } from '@lustrebackup/core/restore/open-destination'
import { copySettings, runRestore } from '@lustrebackup/core/restore/restore-run'
import type { RestoreStep } from '@lustrebackup/core/restore/restore-types'
import { ownScratch } from '@lustrebackup/core/restore/scratch-name'
import { planSelection } from '@lustrebackup/core/restore/selection-plan'
import { runSurvey, type Survey } from '@lustrebackup/core/restore/survey-run'
import { type OpenVersion, runVersions, type Version } from '@lustrebackup/core/restore/versions-run'
import { jsonFromPath, type PathBytes } from '@lustrebackup/core/types/path-bytes'
import { createPool } from '@lustrebackup/core/workers/thread-pool'
import type { RestoreOptions, RestoreRequest } from './restore-options.js'
import { noProgress, progressOn } from './show-progress.js'

type Context = CommandContext<RestoreOptions>
type RequestOf<K extends RestoreRequest['kind']> = Extract<RestoreRequest, { kind: K }>

/** Steps that a dry run puts into its JSON document. */
const STEPS_MAX = 100_000

export async function list({ selector, path }: RequestOf<'list'>, { options, print, printJson }: Context, app: App): Promise<ExitCode> {
  return withBackup(await openBackup(selector, false, viewPorts(app)), app, async (view, root) => {
    const listing = await runList(addon(), root, path, view.name)
    const entries = listing.entries.map(({ path: at, entry }) => ({ path: jsonFromPath(at), ...describe.entryDocument(entry) }))
    if (options.json) printJson({ ...labelOf(view), entries, failures: describe.failuresDocument(listing.failures) })
    else print([describe.describeBackup(view), ...describe.describeListing(listing)].join('\n'))
    for (const failure of describe.failuresDocument(listing.failures)) app.log.error('an entry cannot be looked at', failure)
    return listing.failures.length > 0 ? EXIT.incomplete : EXIT.done
  })
}

export async function versions({ path }: RequestOf<'versions'>, { options, print, printJson }: Context, app: App): Promise<ExitCode> {
  const found = await findVersions(path, app)
  const documents = found.map(({ backup, timestamp, path: at, entry, fid }) => ({
    backup,
    timestamp,
    path: jsonFromPath(at),
    fid,
    ...describe.entryDocument(entry),
  }))
  if (options.json) printJson(documents)
  else if (found.length > 0) print(describe.describeVersions(found).join('\n'))
  if (found.length > 0) return EXIT.done
  throw new LustrebackupError('NOT_IN_BACKUP', 'no backup has this path', {
    hint: 'Paths are relative to the root of the backup; see --list.',
  })
}

export async function restore(request: RequestOf<'restore'>, context: Context, app: App): Promise<ExitCode> {
  const view = await openBackup(request.selector, !request.dryRun, viewPorts(app))
  return withBackup(view, app, async (_, source) => {
    await assertInBackup(addon(), source, request.paths, view.name)
    const survey = await surveyed(request, source, context, app)
    if (request.dryRun) return report(view, describe.resultOf(survey.survey), context, survey.steps)
    return report(view, await restored(request, source, survey.survey, app), context, null)
  })
}

/** Looks at everything first: for what would be done, for the room that it needs, and for how far a run is. */
async function surveyed(request: RequestOf<'restore'>, source: number, { options, print }: Context, app: App) {
  const api = addon()
  const { overwrite, to, dryRun } = request
  const place = openDestination(api, to, false)
  const steps: RestoreStep[] = []
  const onStep = (step: RestoreStep) => {
    if (!dryRun || (step.action.kind === 'enter' && !options.json)) return
    if (!options.json) print(describe.describeStep(step))
    else if (steps.length < STEPS_MAX) steps.push(step)
  }
  try {
    if (place !== null) assertOutside(place, to, forbiddenOf(app))
    const survey = await runSurvey({ api, source, overwrite, signal: app.signal, onStep }, planSelection(request.paths), place)
    if (place !== null) await assertRoom(survey, place, to)
    return { survey, steps }
  } finally {
    if (place !== null) api.closeRoot(place)
  }
}

async function restored(request: RequestOf<'restore'>, source: number, { counts: all }: Survey, app: App) {
  const api = addon()
  const { to, overwrite } = request
  const forbidden = forbiddenOf(app)
  const place = openDestination(api, to, true)!
  assertOutside(place, to, forbidden)
  const settings = copySettings(app.signal)
  const pool = createPool<CopySettings, CopyInput, CopyOutput>('copy', settings, app.config.system.nprocs)
  const progress = app.showProgress
    ? progressOn(
        (text) => void process.stderr.write(text),
        () => app.nowSeconds(),
      )
    : noProgress
  let doneFiles = 0
  const show = () =>
    progress.show({ phase: 'restoring', doneBytes: settings.copiedBytes[0]!, totalBytes: all.bytes, doneFiles, totalFiles: all.files })
  const timer = setInterval(show, 1000)
  try {
    const onEntry = ({ files }: { readonly files: number }) => {
      doneFiles = files
    }
    const ports = { api, source, overwrite, pool, log: app.logFile, signal: app.signal, owner: ownScratch(), forbidden, onEntry }
    return await runRestore(ports, planSelection(request.paths), place)
  } finally {
    clearInterval(timer)
    progress.end()
    await pool.close()
  }
}

function report(
  view: BackupView,
  result: Parameters<typeof describe.describeResult>[0],
  { options, print, printJson }: Context,
  steps: readonly RestoreStep[] | null,
): ExitCode {
  const { counts, failures } = result
  const planned = steps === null ? {} : { steps: steps.map(describe.stepDocument) }
  if (options.json)
    printJson({ ...labelOf(view), dryRun: steps !== null, counts, failures: describe.failuresDocument(failures), ...planned })
  else print([describe.describeBackup(view), ...describe.describeResult(result, steps !== null)].join('\n'))
  return failures.length > 0 ? EXIT.incomplete : EXIT.done
}

async function withBackup(view: BackupView, app: App, use: (view: BackupView, root: number) => Promise<ExitCode>): Promise<ExitCode> {
  app.onClose(() => view.close())
  const root = openTreeOf(view)
  try {
    return await use(view, root)
  } finally {
    addon().closeRoot(root)
  }
}

function openTreeOf({ path, name }: BackupView): number {
  try {
    return addon().openRoot(path)
  } catch (error) {
    throw new LustrebackupError('BACKUP_UNREADABLE', `opening the backup ${name}: ${reasonOf(error)}`, {
      hint: 'A snapshot that was made by hand may not hold the tree: see [LUSTRE] data_path.',
      cause: error,
    })
  }
}

function viewPorts(app: App): ViewPorts {
  const { config, layout, snapshots, mounts, log } = app
  return { config, layout, snapshots, mounts, log, owner: ownScratch(), lock: (name) => void app.lock(name) }
}

async function findVersions(path: PathBytes, app: App): Promise<Version[]> {
  const { config, signal, snapshots: store } = app
  const snapshots = config.backup.snapshotBackend === 'none' ? [] : backupsAmong(await store.list())
  if (config.backup.snapshotBackend === 'none') return versionInTree(path, app)
  const lustre = await app.openLustre(1).catch((error: unknown) => {
    app.log.warning('renames cannot be followed: liblustreapi cannot be used', { reason: reasonOf(error) })
    return null
  })
  const open = async (snapshot: (typeof snapshots)[number]): Promise<OpenVersion> => {
    const view = await openSnapshot(snapshot, viewPorts(app))
    app.onClose(() => view.close())
    const root = openTreeOf(view)
    const tree = lustre === null ? null : lustre.openTree(view.mountPoint!)
    const below = Buffer.from(relative(config.lustre.dataMount, config.lustre.dataPath)) as PathBytes
    const close = async () => {
      tree?.close()
      addon().closeRoot(root)
      await view.close()
    }
    return { root, lustre: tree, below, close }
  }
  return runVersions(path, snapshots, { api: addon(), signal, open })
}

/** Without snapshots there is one version at most. */
async function versionInTree(path: PathBytes, app: App): Promise<Version[]> {
  const view = await openBackup({ kind: 'newest' }, false, viewPorts(app))
  const root = openTreeOf(view)
  try {
    const { lookAt } = await import('@lustrebackup/core/restore/look-run')
    const [look] = await lookAt(addon(), root, [path])
    const entry = look?.ok ? look.value : null
    return entry === null ? [] : [{ backup: view.name, timestamp: view.timestamp, path, entry, fid: null }]
  } finally {
    addon().closeRoot(root)
  }
}

function labelOf({ name, timestamp }: BackupView) {
  return { backup: name, timestamp }
}

function forbiddenOf({ config }: App): ReadonlySet<string> {
  const { dataPath, metaBasepath, snapshotHome } = config.lustre
  return identitiesOf([dataPath, metaBasepath, ...(snapshotHome === '' ? [] : [snapshotHome])])
}

async function assertRoom({ neededBytes }: Survey, place: number, to: string): Promise<void> {
  const { bavail, bsize } = await statfs(`/proc/self/fd/${place}`, { bigint: true })
  if (neededBytes <= bavail * bsize) return
  throw new LustrebackupError(
    'RESTORE_FULL',
    `restoring into ${to}: this needs ${formatBytes(neededBytes)}, and only ${formatBytes(bavail * bsize)} are free`,
    {
      hint: 'Restore less, or into another folder, or make room. Nothing was changed.',
    },
  )
}
