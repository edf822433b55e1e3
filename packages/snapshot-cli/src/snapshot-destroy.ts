import type { CommandSpec } from '@lustrebackup/core/cli/command-types'
import { snapshotName, timestamp } from '@lustrebackup/core/cli/option-values'
import { type SelectOptions, selectorOf, wrongUsage } from './select-snapshot.js'

interface DestroyOptions extends SelectOptions {
  readonly force: boolean
}

export const snapshotDestroy: CommandSpec<DestroyOptions> = {
  name: 'lustrebackup_snapshot_destroy',
  description:
    'Destroys a snapshot. One that is needed is refused: the base of the next backup, one in use, the newest, one made by others.',
  declare: (program) =>
    void program
      .option('-n, --name <name>', 'the snapshot with this name', snapshotName)
      .option('-t, --timestamp <seconds>', 'the snapshot with this timestamp', timestamp)
      .option('-f, --force', 'even when it is needed, mounted or incomplete', false),
  run: async ({ options, openApp, printJson }) => {
    const selector = selectorOf(options)
    if (selector === null) throw wrongUsage('which snapshot? Name it with --name or --timestamp')
    const app = await openApp('snapshot')
    const { runSnapshotDestroy } = await import('@lustrebackup/core/snapshot/snapshot-destroy-run')
    app.lock('snapshot')
    const destroyed = await runSnapshotDestroy(selector, options.force, {
      store: app.snapshots,
      mounts: app.mounts,
      layout: app.layout,
      fsname: app.config.lustre.fsname,
      nowSeconds: app.nowSeconds(),
    })
    app.log.info('snapshot destroyed', { snapshot: destroyed.name })
    if (options.json) printJson(destroyed)
    return undefined
  },
}
