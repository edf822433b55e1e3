import type { CommandSpec } from '@lustrebackup/core/cli/command-types'

export const targetAbort: CommandSpec<object> = {
  name: 'lustrebackup_target_abort',
  description: 'Stops a running backup and tells the source. The tree stays as it is.',
  declare: () => undefined,
  run: async ({ options, openApp, print, printJson }) => {
    const app = await openApp('target')
    const [{ runAbort }, { backupPortsOf }] = await Promise.all([
      import('@lustrebackup/core/target/abort-run'),
      import('./backup-ports-of.js'),
    ])
    const { layout, log, signal } = app
    const { source } = backupPortsOf(app, app.remote(app.config.source.host))
    const outcome = await runAbort({
      layout,
      log,
      signal,
      source,
      lock: (name) => void app.lock(name),
      sleep: (seconds) => app.sleep(seconds),
    })
    const { stopped, between } = outcome
    if (options.json) printJson({ stopped, between: between && { timestamp: between.timestamp, phase: between.phase } })
    else {
      print(stopped === null ? 'no backup was running' : `stopped the backup (process ${stopped.pid})`)
      if (between !== null) {
        print(
          `the target is between ${between.base ?? 'its first state'} and ${between.snapshotName} (${between.phase}): the next run finishes it`,
        )
      }
    }
    return undefined
  },
}
