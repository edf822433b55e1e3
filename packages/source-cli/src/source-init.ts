import type { CommandSpec } from '@lustrebackup/core/cli/command-types'

export const sourceInit: CommandSpec<object> = {
  name: 'lustrebackup_source_init',
  description: 'Begins the next backup, or finds the one in progress again, and prints as JSON where everything is. Called by the target.',
  declare: () => undefined,
  run: async ({ openApp, printJson }) => {
    const app = await openApp('source')
    app.lock('source')
    const { openMapContext } = await import('@lustrebackup/core/source/open-map-context')
    const { runSourceInit } = await import('@lustrebackup/core/source/source-init-run')
    printJson(await runSourceInit(await openMapContext(app)))
    return undefined
  },
}
