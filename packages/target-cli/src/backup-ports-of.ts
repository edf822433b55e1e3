import type { App } from '@lustrebackup/core/cli/open-app'
import { noProgress, type ProgressLine } from '@lustrebackup/core/cli/show-progress'
import { createSourceChannels } from '@lustrebackup/core/filediff/source-channels'
import { NO_WAY_MEMORY } from '@lustrebackup/core/filediff/way-memory-port'
import { leaveReport } from '@lustrebackup/core/report/leave-report-run'
import type { RemoteHost } from '@lustrebackup/core/ssh/remote-port'
import { HISTORY_LIMITS } from '@lustrebackup/core/state/history-plan'
import type { BackupPorts } from '@lustrebackup/core/target/backup-ports'
import { sourceCommands } from '@lustrebackup/core/target/source-commands'
import { treeOpener } from '@lustrebackup/core/tree/open-tree'

/** What a backup needs of an app; `host` is the source. */
export function backupPortsOf(app: App, host: RemoteHost, progress: ProgressLine = noProgress): BackupPorts {
  const { config, layout, exec, log, signal, snapshots } = app
  return {
    config,
    layout,
    exec,
    log,
    signal,
    snapshots,
    source: sourceCommands(host, config, signal),
    openTree: treeOpener(),
    filediffChannels: createSourceChannels({
      config,
      exec,
      signal,
      connect: () => app.remote(config.source.host),
      control: host,
      memory: NO_WAY_MEMORY,
    }),
    keptRecords: HISTORY_LIMITS.records,
    nowSeconds: () => app.nowSeconds(),
    elapsedSeconds: () => performance.now() / 1000,
    sleep: (seconds) => app.sleep(seconds),
    report: async () => void (await leaveReport(app)),
    progress: progress.show,
  }
}
