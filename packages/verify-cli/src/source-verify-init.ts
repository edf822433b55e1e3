import type { CommandSpec } from '@lustrebackup/core/cli/command-types'
import { timestamp } from '@lustrebackup/core/cli/option-values'

interface InitOptions {
  readonly timestamp?: number
}

export const sourceVerifyInit: CommandSpec<InitOptions> = {
  name: 'lustrebackup_source_verify_init',
  description: 'Prints as JSON where a finished verification is. Called by the target.',
  declare: (program) =>
    void program.option('-t, --timestamp <seconds>', 'that of its snapshot (default: the newest verification)', timestamp),
  run: async ({ options, openApp, printJson }) => {
    const app = await openApp('source')
    const { offerVerification } = await import('@lustrebackup/core/verify/source-offer')
    const { VERSION } = await import('@lustrebackup/core/version')
    const context = { layout: app.layout, fsname: app.config.lustre.fsname, software: VERSION }
    printJson(offerVerification(context, options.timestamp ?? null))
    return undefined
  },
}
