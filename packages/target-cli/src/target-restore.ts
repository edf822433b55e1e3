import type { CommandSpec } from '@lustrebackup/core/cli/command-types'
import { snapshotName, timestamp } from '@lustrebackup/core/cli/option-values'
import { OVERWRITE } from '@lustrebackup/core/restore/restore-types'
import { Option } from 'commander'
import { type RestoreOptions, requestOf } from './restore-options.js'

export const targetRestore: CommandSpec<RestoreOptions> = {
  name: 'lustrebackup_target_restore',
  description:
    'Lists what a backup holds, finds the versions of a path in all backups, and restores files and folders. A path is relative to the root of the backup; %XX stands for a byte.',
  declare: (program) =>
    void program
      .option('-t, --timestamp <seconds>', 'the backup of the source snapshot with this timestamp (default: the newest)', timestamp)
      .option('-n, --name <name>', 'the snapshot of the target with this name', snapshotName)
      .option('--list [path]', 'list a folder of the backup (default: its root)')
      .option('--versions <path>', 'list what this path, and what once had it, is in every backup')
      .option('--to <dir>', 'restore into this folder: PATH becomes DIR/PATH')
      .addOption(new Option('--overwrite <when>', 'replace entries that are there').choices(OVERWRITE).default('never'))
      .option('--dry-run', 'print what would be restored, and change nothing', false)
      .argument('[paths...]', 'files and folders to restore; . is everything'),
  run: async (context) => {
    const request = requestOf(context.options, context.args)
    const app = await context.openApp('target')
    const actions = await import('./restore-actions.js')
    switch (request.kind) {
      case 'list':
        return actions.list(request, context, app)
      case 'versions':
        return actions.versions(request, context, app)
      case 'restore':
        return actions.restore(request, context, app)
    }
  },
}
