import type { CommandSpec } from '@lustrebackup/core/cli/command-types'

/** Commands of a backup: what else holds the lock, such as the making of a map, is not part of one. */
const BACKUP_COMMANDS = ['lustrebackup_source_init', 'lustrebackup_source_done']

export const sourceAbort: CommandSpec<object> = {
  name: 'lustrebackup_source_abort',
  description: 'Gives the backup in progress up and ends its processes on this host. The last finished backup stays the base.',
  declare: () => undefined,
  run: async ({ options, openApp, print, printJson }) => {
    const app = await openApp('source')
    const [{ runSourceAbort }, { stopHolder }] = await Promise.all([
      import('@lustrebackup/core/source/source-abort-run'),
      import('@lustrebackup/core/state/stop-holder-run'),
    ])
    const stopped = await stopHolder('source', ({ command }) => BACKUP_COMMANDS.includes(command), app)
    app.lock('source')
    const backup = await runSourceAbort(app)
    if (options.json) {
      printJson({ timestamp: backup?.timestamp ?? null, stopped: stopped?.pid ?? null })
      return undefined
    }
    if (stopped !== null) print(`Stopped ${stopped.command} (process ${stopped.pid}).`)
    if (backup === null) print('No backup is in progress.')
    else print(`Backup ${backup.timestamp} was given up. Its snapshot and map stay protected: the target may be on its way to it.`)
    return undefined
  },
}
