import type { CommandSpec } from '@lustrebackup/core/cli/command-types'
import { timestamp } from '@lustrebackup/core/cli/option-values'

interface ListOptions {
  readonly start?: number
  readonly end?: number
}

export const sourceVerifyList: CommandSpec<ListOptions> = {
  name: 'lustrebackup_source_verify_list',
  description: 'Prints as JSON which finished verifications there are. Called by the target.',
  declare: (program) =>
    void program
      .option('-s, --start <timestamp>', 'from that of this snapshot on', timestamp)
      .option('-e, --end <timestamp>', 'up to that of this snapshot', timestamp),
  run: async ({ options, openApp, printJson }) => {
    const app = await openApp('source')
    const { offerList } = await import('@lustrebackup/core/verify/source-offer')
    const { VERSION } = await import('@lustrebackup/core/version')
    const context = { layout: app.layout, fsname: app.config.lustre.fsname, software: VERSION }
    printJson(offerList(context, options.start ?? null, options.end ?? null))
    return undefined
  },
}
