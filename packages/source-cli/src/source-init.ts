import type { CommandSpec } from '@lustrebackup/core/cli/command-types'

interface InitOptions {
  readonly dryRun: boolean
}

export const sourceInit: CommandSpec<InitOptions> = {
  name: 'lustrebackup_source_init',
  description: 'Begins the next backup, or finds the one in progress again, and prints as JSON where everything is. Called by the target.',
  declare: (program) => void program.option('-n, --dry-run', 'only answer: nothing is begun and nothing is mounted', false),
  run: async ({ options, openApp, printJson }) => {
    const app = await openApp('source')
    app.lock('source')
    const { openMapContext } = await import('@lustrebackup/core/source/open-map-context')
    const { runSourceInit, runSourceLook } = await import('@lustrebackup/core/source/source-init-run')
    const context = await openMapContext(app)
    printJson(options.dryRun ? await runSourceLook(context) : await runSourceInit(context))
    return undefined
  },
}
