import type { CommandContext } from '@lustrebackup/core/cli/command-types'
import type { App } from '@lustrebackup/core/cli/open-app'
import { noProgress, progressOn } from '@lustrebackup/core/cli/show-progress'
import { EXIT, type ExitCode, LustrebackupError } from '@lustrebackup/core/errors/errors'
import { addon } from '@lustrebackup/core/filediff/block-file'
import { type BackupView, openBackup, openTreeOf, type ViewPorts } from '@lustrebackup/core/restore/backup-view'
import * as describe from '@lustrebackup/core/restore/describe-restore'
import { assertInBackup, runList } from '@lustrebackup/core/restore/list-run'
import { findVersions } from '@lustrebackup/core/restore/open-versions'
import type { RestoreResult } from '@lustrebackup/core/restore/restore-ports'
import { carryOutRestore, surveyRestore } from '@lustrebackup/core/restore/restore-steps-run'
import type { RestoreStep } from '@lustrebackup/core/restore/restore-types'
import { ownScratch } from '@lustrebackup/core/restore/scratch-name'
import type { RestoreOptions, RestoreRequest } from './restore-options.js'

type Context = CommandContext<RestoreOptions>
type RequestOf<K extends RestoreRequest['kind']> = Extract<RestoreRequest, { kind: K }>

/** Steps that a dry run puts into its JSON document. */
const STEPS_MAX = 100_000

export async function list({ selector, path }: RequestOf<'list'>, { options, print, printJson }: Context, app: App): Promise<ExitCode> {
  return withBackup(await openBackup(selector, false, viewPorts(app)), app, async (view, root) => {
    const listing = await runList(addon(), root, path, view.name)
    if (options.json) printJson({ ...labelOf(view), ...describe.listingDocument(listing) })
    else print([describe.describeBackup(view), ...describe.describeListing(listing)].join('\n'))
    for (const failure of describe.failuresDocument(listing.failures)) app.log.error('an entry cannot be looked at', failure)
    return listing.failures.length > 0 ? EXIT.incomplete : EXIT.done
  })
}

export async function versions({ path }: RequestOf<'versions'>, { options, print, printJson }: Context, app: App): Promise<ExitCode> {
  const ports = { ...viewPorts(app), signal: app.signal, openLustre: app.openLustre, onClose: app.onClose }
  const found = await findVersions(path, ports)
  if (options.json) printJson(found.map(describe.versionDocument))
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
    const order = { ...request, source }
    const steps: RestoreStep[] = []
    const survey = await surveyRestore(order, app, (step) => showStep(step, request.dryRun, context, steps))
    if (request.dryRun) return report(view, survey, context, steps)
    return report(
      view,
      await shown(app, (onProgress) => carryOutRestore(order, survey, { ...app, log: app.logFile }, onProgress)),
      context,
      null,
    )
  })
}

/** Lines are printed as they come, a JSON document at the end. */
function showStep(step: RestoreStep, dryRun: boolean, { options, print }: Context, steps: RestoreStep[]): void {
  if (!dryRun) return
  if (options.json && steps.length < STEPS_MAX) steps.push(step)
  if (!options.json && step.action.kind !== 'enter') print(describe.describeStep(step))
}

/** Runs something with its progress on a terminal. */
async function shown<T>(app: App, run: (onProgress: Parameters<typeof carryOutRestore>[3]) => Promise<T>): Promise<T> {
  const write = (text: string) => void process.stderr.write(text)
  const progress = app.showProgress ? progressOn(write, () => app.nowSeconds()) : noProgress
  try {
    return await run((step) => progress.show({ phase: 'restoring', ...step }))
  } finally {
    progress.end()
  }
}

function report(
  view: BackupView,
  result: RestoreResult,
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

function viewPorts(app: App): ViewPorts {
  const { config, layout, snapshots, mounts, log } = app
  return { config, layout, snapshots, mounts, log, owner: ownScratch(), lock: (name) => void app.lock(name) }
}

function labelOf({ name, timestamp }: BackupView) {
  return { backup: name, timestamp }
}
