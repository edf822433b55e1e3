import type { CommandSpec } from '@lustrebackup/core/cli/command-types'
import { description, snapshotName } from '@lustrebackup/core/cli/option-values'

interface CreateOptions {
  readonly name?: string
  readonly description: string
}

export const snapshotCreate: CommandSpec<CreateOptions> = {
  name: 'lustrebackup_snapshot_create',
  description: 'Creates a snapshot of the file system and checks that it is whole.',
  declare: (program) =>
    void program
      .option('-n, --name <name>', 'name of the snapshot (default: FSNAME-backup-TIMESTAMP)', snapshotName)
      .option('-d, --description <text>', 'comment of the snapshot', description, ''),
  run: async ({ options, openApp, print, printJson }) => {
    const app = await openApp('snapshot')
    const { createAndRecord } = await import('@lustrebackup/core/snapshot/snapshot-create-record')
    app.lock('snapshot')
    const snapshot = await createAndRecord(options.name ?? null, options.description, app)
    if (options.json) printJson(snapshot)
    else print(snapshot.name)
    return undefined
  },
}
