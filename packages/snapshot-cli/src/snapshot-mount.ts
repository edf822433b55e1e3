import type { CommandSpec } from '@lustrebackup/core/cli/command-types'
import { postfix, snapshotName, timestamp, timestamps } from '@lustrebackup/core/cli/option-values'
import { type SelectOptions, selectorsOf } from './select-snapshot.js'

interface MountOptions extends SelectOptions {
  readonly postfix: string
}

/** Of mounts that a person makes, so that they are never taken for one of a backup. */
export const MANUAL_POSTFIX = 'manual'

export const snapshotMount: CommandSpec<MountOptions> = {
  name: 'lustrebackup_snapshot_mount',
  description: 'Mounts snapshots on the servers and here, and prints where. Without a name or timestamp: the newest.',
  declare: (program) =>
    void program
      .option('-n, --name <name>', 'the snapshot with this name', snapshotName)
      .option('-t, --timestamp <seconds>', 'the snapshot with this timestamp', timestamp)
      .option('-p, --postfix <word>', 'what stands behind the name in the mount point', postfix, MANUAL_POSTFIX)
      .argument('[timestamps...]', 'the snapshots with these timestamps', timestamps),
  run: async ({ options, args, openApp, print, printJson }) => {
    const selectors = selectorsOf(options, args)
    const app = await openApp('snapshot')
    const { resolveSnapshot } = await import('@lustrebackup/core/snapshot/resolve-snapshot')
    const context = { store: app.snapshots, layout: app.layout, fsname: app.config.lustre.fsname, nowSeconds: app.nowSeconds() }
    const mounted: { readonly name: string; readonly timestamp: number; readonly mountPoint: string }[] = []
    for (const selector of selectors) {
      const snapshot = await resolveSnapshot(selector, context)
      const mountPoint = await app.mounts.mount(snapshot, options.postfix)
      mounted.push({ name: snapshot.name, timestamp: snapshot.timestamp, mountPoint })
      if (!options.json) print(mountPoint)
    }
    if (options.json) printJson(mounted)
    return undefined
  },
}
