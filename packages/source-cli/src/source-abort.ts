import type { CommandSpec } from '@lustrebackup/core/cli/command-types'

export const sourceAbort: CommandSpec<object> = {
  name: 'lustrebackup_source_abort',
  description: 'Gives the backup in progress up. The last finished backup stays the base.',
  declare: () => undefined,
  run: async ({ options, openApp, print, printJson }) => {
    const app = await openApp('source')
    app.lock('source')
    const { runSourceAbort } = await import('@lustrebackup/core/source/source-abort-run')
    const backup = await runSourceAbort(app)
    if (options.json) printJson({ timestamp: backup?.timestamp ?? null })
    else if (backup === null) print('No backup is in progress.')
    else print(`Backup ${backup.timestamp} was given up. Its snapshot and map stay protected: the target may be on its way to it.`)
    return undefined
  },
}
