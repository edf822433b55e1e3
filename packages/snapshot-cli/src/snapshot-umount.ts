import type { CommandSpec } from '@lustrebackup/core/cli/command-types'
import { postfix, snapshotName, timestamp, timestamps } from '@lustrebackup/core/cli/option-values'
import { type SelectOptions, selectorsOf } from './select-snapshot.js'
import { MANUAL_POSTFIX } from './snapshot-mount.js'

interface UmountOptions extends SelectOptions {
  readonly postfix: string
  readonly force: boolean
}

export const snapshotUmount: CommandSpec<UmountOptions> = {
  name: 'lustrebackup_snapshot_umount',
  description: 'Unmounts snapshots here, and on the servers when nothing here uses them any more. Without a name or timestamp: the newest.',
  declare: (program) =>
    void program
      .option('-n, --name <name>', 'the snapshot with this name', snapshotName)
      .option('-t, --timestamp <seconds>', 'the snapshot with this timestamp', timestamp)
      .option('-p, --postfix <word>', 'what stands behind the name in the mount point', postfix, MANUAL_POSTFIX)
      .option('-f, --force', 'even when the servers do not answer', false)
      .argument('[timestamps...]', 'the snapshots with these timestamps', timestamps),
  run: async ({ options, args, openApp, printJson }) => {
    const selectors = selectorsOf(options, args)
    const app = await openApp('snapshot')
    const { resolveSnapshot } = await import('@lustrebackup/core/snapshot/resolve-snapshot')
    const context = { store: app.snapshots, layout: app.layout, fsname: app.config.lustre.fsname, nowSeconds: app.nowSeconds() }
    const umounted: { readonly name: string; readonly timestamp: number }[] = []
    for (const selector of selectors) {
      const { signal } = app
      signal.throwIfAborted()
      const snapshot = await resolveSnapshot(selector, context)
      await app.mounts.umount(snapshot, options.postfix, options.force)
      umounted.push({ name: snapshot.name, timestamp: snapshot.timestamp })
    }
    if (options.json) printJson(umounted)
    return undefined
  },
}
