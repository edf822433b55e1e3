import type { CommandSpec } from '@lustrebackup/core/cli/command-types'
import type { App } from '@lustrebackup/core/cli/open-app'
import { timestamps } from '@lustrebackup/core/cli/option-values'
import { EXIT, LustrebackupError } from '@lustrebackup/core/errors/errors'
import type { SnapshotCleanupPorts } from '@lustrebackup/core/snapshot/snapshot-cleanup-run'
import { type CleanupOptions, periodCount, requestOf } from './cleanup-options.js'
import { wrongUsage } from './select-snapshot.js'

export const snapshotCleanup: CommandSpec<CleanupOptions> = {
  name: 'lustrebackup_snapshot_cleanup',
  description:
    'Destroys the snapshots that the retention rules do not keep, and unmounts what runs have left behind. Each rule begins where the one before it ends; 0 switches one off.',
  declare: (program) =>
    void program
      .option('-a, --keep-all-days <days>', 'keep every snapshot of so many days', periodCount, 7)
      .option('-d, --keep-days <days>', 'before these, one a day for so many days', periodCount, 31)
      .option('-w, --keep-weeks <weeks>', 'before these, one a week for so many weeks', periodCount, 4)
      .option('-m, --keep-months <months>', 'before these, one a month for so many months', periodCount, 12)
      .option('-y, --keep-years <years>', 'before these, one a year for so many years', periodCount, 10)
      .option('-r, --remove-verified', 'apply the rules to verified snapshots too', false)
      .option('-t, --timestamp <seconds>', 'instead of by the rules, destroy the snapshot with this timestamp; may be repeated', timestamps)
      .option('-f, --force', 'also what is mounted, and with --timestamp also what is needed', false)
      .option('-o, --mounts-only', 'only unmount what runs have left behind', false)
      .option('-l, --snapshot-list-rebuild', 'also make the saved list of snapshots anew', false)
      .option('-D, --dry-run', 'print what would be done, and why, and change nothing', false),
  attended: ({ dryRun }) => (dryRun ? 'none' : 'run'),
  run: async ({ options, openApp, print, printJson }) => {
    if (options.mountsOnly && options.timestamp !== undefined) throw wrongUsage('--mounts-only and --timestamp cannot be used together')
    const request = requestOf(options)
    const app = await openApp('snapshot')
    const { runSnapshotCleanup } = await import('@lustrebackup/core/snapshot/snapshot-cleanup-run')
    const report = await import('@lustrebackup/core/snapshot/cleanup-report')
    const { localCalendar, systemTimeZone } = await import('@lustrebackup/core/snapshot/local-calendar')
    const calendar = localCalendar(systemTimeZone())
    if (!options.dryRun) app.lock('snapshot')
    const locks = await locksOf(app)
    const result = await runSnapshotCleanup(request, portsOf(app, calendar.day, locks))
    if (options.json) printJson(report.cleanupJson(result))
    else {
      const lines = options.dryRun ? report.dryRunLines(result, calendar.text) : report.resultLines(result, calendar.text)
      if (lines.length > 0) print(lines.join('\n'))
    }
    const problems = report.cleanupProblems(result, request.asked)
    if (problems.length > 0) throw new LustrebackupError('CLEANUP_INCOMPLETE', problems.join('\n'), { exitCode: EXIT.failed })
    return undefined
  },
}

type Locks = Pick<SnapshotCleanupPorts, 'lockSource' | 'verifyIsBusy'>

function portsOf(app: App, localDay: (timestamp: number) => number, locks: Locks): SnapshotCleanupPorts {
  const { fsname, snapshotHome } = app.config.lustre
  const { snapshots: store, mounts, exec, layout, log, signal, nowSeconds } = app
  return { fsname, snapshotHome, store, mounts, exec, layout, log, signal, nowSeconds, localDay, ...locks }
}

async function locksOf(app: App): Promise<Locks> {
  const { lockHolder } = await import('@lustrebackup/core/state/locks')
  const { VERIFY_LOCK } = await import('@lustrebackup/core/verify/verification-types')
  const lockSource: Locks['lockSource'] = (dryRun) => {
    if (lockHolder('source', app.layout) !== null) return null
    if (dryRun) return { release: () => undefined }
    try {
      return app.lock('source')
    } catch (error) {
      if (error instanceof LustrebackupError && error.code === 'LOCKED') return null
      throw error
    }
  }
  return { lockSource, verifyIsBusy: () => lockHolder(VERIFY_LOCK, app.layout) !== null }
}
