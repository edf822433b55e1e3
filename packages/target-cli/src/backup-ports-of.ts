import type { App } from '@lustrebackup/core/cli/open-app'
import { CHANNEL_WINDOW_BYTES } from '@lustrebackup/core/filediff/range-plan'
import type { RemoteHost } from '@lustrebackup/core/ssh/remote-port'
import type { BackupPorts } from '@lustrebackup/core/target/backup-ports'
import { sourceCommands } from '@lustrebackup/core/target/source-commands'
import { treeOpener } from '@lustrebackup/core/tree/open-tree'
import { noProgress, type ProgressLine } from './show-progress.js'

/** What a backup needs of an app. */
export function backupPortsOf(app: App, progress: ProgressLine = noProgress): BackupPorts {
  const { config, layout, exec, log, signal, snapshots } = app
  return {
    config,
    layout,
    exec,
    log,
    signal,
    snapshots,
    source: sourceCommands(app.remote(config.source.host), config, signal),
    openTree: treeOpener(),
    openFilediff: filediffOpener(app),
    nowSeconds: () => app.nowSeconds(),
    elapsedSeconds: () => performance.now() / 1000,
    sleep: (seconds) => app.sleep(seconds),
    progress: progress.show,
  }
}

/** A connection for each lane, opened when it is first needed. */
function filediffOpener(app: App): BackupPorts['openFilediff'] {
  const lanes = new Map<number, RemoteHost>()
  return (lane, words) => {
    const host = lanes.get(lane) ?? app.remote(app.config.source.host)
    lanes.set(lane, host)
    return host.open(words, app.signal, CHANNEL_WINDOW_BYTES)
  }
}
