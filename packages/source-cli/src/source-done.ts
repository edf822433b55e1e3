import type { CommandSpec } from '@lustrebackup/core/cli/command-types'
import { timestamp } from '@lustrebackup/core/cli/option-values'

interface DoneOptions {
  readonly timestamp: number
}

export const sourceDone: CommandSpec<DoneOptions> = {
  name: 'lustrebackup_source_done',
  description:
    'Makes the backup in progress the base of the next one, then clears the changelogs. Called by the target. FIDs on stdin are owed.',
  declare: (program) => void program.requiredOption('-t, --timestamp <seconds>', 'that of the snapshot', timestamp),
  run: async ({ options, openApp, print, printJson }) => {
    const { readOwed } = await import('@lustrebackup/core/source/read-owed')
    const owed = await readOwed(process.stdin)
    const app = await openApp('source')
    app.lock('source')
    const { openMapContext } = await import('@lustrebackup/core/source/open-map-context')
    const { runSourceDone } = await import('@lustrebackup/core/source/source-done-run')
    const { backup, repeated } = await runSourceDone(await openMapContext(app), options.timestamp, owed)
    if (options.json) printJson({ timestamp: backup.timestamp, repeated, owedCount: backup.owed.length })
    else print(`Backup ${backup.timestamp} is ${repeated ? 'done already' : 'done'}; owed: ${backup.owed.length}.`)
    return undefined
  },
}
