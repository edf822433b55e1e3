import type { CommandContext, CommandSpec } from '@lustrebackup/core/cli/command-types'
import { duration } from '@lustrebackup/core/cli/option-values'
import type { Side } from '@lustrebackup/core/config/detect-role'
import { type ExitCode, LustrebackupError, reasonOf } from '@lustrebackup/core/errors/errors'
import type { Status } from '@lustrebackup/core/status/status-types'
import { roleOption, sideOf } from './role-option.js'

interface StatusOptions {
  readonly role?: Side
  readonly maxAge?: number
  readonly nagios: boolean
}

const DEFAULT_MAX_AGE_SECONDS = 26 * 3600
const CRITICAL = 2

export const siteStatus: CommandSpec<StatusOptions> = {
  name: 'lustrebackup_status',
  description: 'Says how this side of the backup is: what is finished, what runs, what waits.',
  exitCodes: '0 all is well   1 a warning   2 critical: somebody has to act, or nothing can be said',
  declare: (program) =>
    void program
      .option(
        '--max-age <time>',
        'an older last backup is a warning, one older than twice this is critical: 90m, 2d (default: 26h)',
        duration,
      )
      .option('--nagios', 'one line for Nagios and its relatives', false)
      .addOption(roleOption()),
  run: async (context) => {
    try {
      return await run(context)
    } catch (error) {
      context.signal.throwIfAborted()
      if (!(error instanceof LustrebackupError)) throw error
      // Whoever watches must not take the code of a failure for one of a warning.
      if (context.options.nagios) context.print(`LUSTREBACKUP CRITICAL - ${reasonOf(error).replace(/[|\n]/g, ' ')}`)
      throw new LustrebackupError(error.code, error.message, {
        exitCode: CRITICAL,
        cause: error.cause,
        ...(error.hint && { hint: error.hint }),
      })
    }
  },
}

async function run({ options, openApp, print, printJson }: CommandContext<StatusOptions>): Promise<ExitCode> {
  const role = sideOf(options)
  const app = await openApp(role)
  const { gatherStatus } = await import('@lustrebackup/core/status/gather-status-run')
  const { planStatus } = await import('@lustrebackup/core/status/status-plan')
  const { describeForNagios, describeStatus, exitCodeOf } = await import('@lustrebackup/core/status/describe-status')
  const status: Status = planStatus(await gatherStatus(role, app), { maxAgeSeconds: options.maxAge ?? DEFAULT_MAX_AGE_SECONDS })
  if (options.json) printJson(status)
  else print(options.nagios ? describeForNagios(status) : describeStatus(status).join('\n'))
  return exitCodeOf(status.level)
}
