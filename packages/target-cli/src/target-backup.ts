import type { CommandContext, CommandSpec, GlobalOptions } from '@lustrebackup/core/cli/command-types'
import type { App } from '@lustrebackup/core/cli/open-app'
import { EXIT, type ExitCode } from '@lustrebackup/core/errors/errors'
import type { RemoteHost } from '@lustrebackup/core/ssh/remote-port'
import type { BackupOutcome } from '@lustrebackup/core/target/backup-run'

interface TargetOptions {
  readonly dryRun: boolean
  readonly acceptChanges: boolean
}

export const targetBackup: CommandSpec<TargetOptions> = {
  name: 'lustrebackup_target',
  description: 'Backs up the newest snapshot of the source that has a backupmap, or finishes an interrupted backup.',
  declare: (program) =>
    void program
      .option('-n, --dry-run', 'show what would be done and change nothing', false)
      .option('--accept-changes', 'go on although more than max_change_percent of the tree changes', false),
  attended: ({ dryRun }) => (dryRun ? 'none' : 'backup'),
  run: async (context) => {
    const app = await context.openApp('target')
    const { TARGET_LOCK } = await import('@lustrebackup/core/target/target-types')
    app.lock(TARGET_LOCK)
    const host = app.remote(app.config.source.host)
    // All that is loaded from here on is loaded while the source answers.
    await host.warm(app.signal)
    return context.options.dryRun ? await dryRun(context, app, host) : await backup(context, app, host)
  },
}

async function backup({ options, print, printJson }: CommandContext<TargetOptions>, app: App, host: RemoteHost): Promise<ExitCode> {
  const { describeOutcome, isIncomplete, outcomeDocument } = await import('@lustrebackup/core/target/summary')
  const { outcome, report } = await runReported(options, app, host)
  const { logdir, logfile } = app.config.global
  const places = { log: `${logdir}/${logfile}`, state: app.layout.basepath, report }
  if (options.json) printJson(outcomeDocument(outcome, report))
  else print(describeOutcome(outcome, places))
  return isIncomplete(outcome) ? EXIT.incomplete : EXIT.done
}

/** The backup and its report: also a run that fails may have finished one, or finds one that an earlier run could not report. */
async function runReported(
  options: TargetOptions & GlobalOptions,
  app: App,
  host: RemoteHost,
): Promise<{ outcome: BackupOutcome; report: string | null }> {
  const { leaveReport } = await import('@lustrebackup/core/report/leave-report-run')
  let outcome: BackupOutcome
  try {
    outcome = await runShown(options, app, host)
  } catch (error) {
    if (!app.signal.aborted) await leaveReport(app)
    throw error
  }
  return { outcome, report: await leaveReport(app) }
}

/** The backup itself, with its progress on a terminal. */
async function runShown({ acceptChanges }: TargetOptions, app: App, host: RemoteHost): Promise<BackupOutcome> {
  const [{ runBackup }, { backupPortsOf }, { noProgress, progressOn }] = await Promise.all([
    import('@lustrebackup/core/target/backup-run'),
    import('./backup-ports-of.js'),
    import('@lustrebackup/core/cli/show-progress'),
  ])
  const write = (text: string) => void process.stderr.write(text)
  const progress = app.showProgress ? progressOn(write, () => app.nowSeconds()) : noProgress
  try {
    return await runBackup({ acceptChanges }, backupPortsOf(app, host, progress))
  } catch (error) {
    progress.end()
    if (app.signal.aborted) app.log.warning('stopped; run lustrebackup_target again to continue where it stopped')
    throw error
  } finally {
    progress.end()
  }
}

async function dryRun({ options, print, printJson }: CommandContext<TargetOptions>, app: App, host: RemoteHost): Promise<ExitCode> {
  const [{ runDryRun }, { describeDryRun, dryRunDocument }, { backupPortsOf }] = await Promise.all([
    import('@lustrebackup/core/target/dry-run'),
    import('@lustrebackup/core/target/summary'),
    import('./backup-ports-of.js'),
  ])
  const plan = await runDryRun(backupPortsOf(app, host))
  if (options.json) printJson(dryRunDocument(plan))
  else print(describeDryRun(plan))
  return EXIT.done
}
