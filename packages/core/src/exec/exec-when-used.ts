import type { Exec } from './exec-port.js'
import type { ExecSettings } from './execa-exec.js'

/** `Exec` with execa, which is read with the first program that is started: that takes long beside a command that starts none. */
export function execWhenUsed(settings: ExecSettings): Exec {
  let opening: Promise<Exec> | null = null
  const open = async () => {
    const { createExec } = await import('./execa-exec.js')
    return createExec(settings)
  }
  return {
    run: async (command, args, options) => {
      opening ??= open()
      return (await opening).run(command, args, options)
    },
  }
}
