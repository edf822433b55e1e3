import type { CommandSpec } from '@lustrebackup/core/cli/command-types'
import { snapshotName, timestamp } from '@lustrebackup/core/cli/option-values'
import { type SelectOptions, selectorOf } from './select-snapshot.js'

interface ListOptions extends SelectOptions {
  readonly refresh: boolean
}

export const snapshotList: CommandSpec<ListOptions> = {
  name: 'lustrebackup_snapshot_list',
  description: 'Lists the snapshots of the file system, newest first.',
  declare: (program) =>
    void program
      .option('-r, --refresh', 'ask the MGS instead of using what it said last', false)
      .option('-n, --name <name>', 'only this snapshot', snapshotName)
      .option('-t, --timestamp <seconds>', 'only the snapshot with this timestamp', timestamp),
  run: async ({ options, openApp, print, printJson }) => {
    const selector = selectorOf(options)
    const app = await openApp('snapshot')
    const { fsname } = app.config.lustre
    const { loadSnapshotList, refreshSnapshotList } = await import('@lustrebackup/core/snapshot/snapshot-list-cache')
    const { findSnapshot, snapshotNotFound } = await import('@lustrebackup/core/snapshot/find-snapshot')
    const { formatSnapshotList } = await import('@lustrebackup/core/snapshot/format-snapshot-list')
    const cached = options.refresh ? null : loadSnapshotList(app.layout, fsname)
    const { snapshots } = cached ?? (await refreshSnapshotList(app.snapshots, app.layout, fsname, app.nowSeconds()))
    const found = selector === null ? null : findSnapshot(snapshots, selector)
    if (selector !== null && found === null) throw snapshotNotFound(selector, fsname)
    const shown = found === null ? snapshots : [found]
    if (options.json) printJson(shown)
    else if (shown.length > 0) print(formatSnapshotList(shown))
    return undefined
  },
}
