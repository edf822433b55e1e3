import type { CommandSpec } from '@lustrebackup/core/cli/command-types'
import { timestamp, wholeNumber } from '@lustrebackup/core/cli/option-values'

interface TargetVerifyOptions {
  readonly resume: boolean
  readonly start?: number
  readonly end?: number
  readonly target?: number
  readonly checkpointInterval: number
}

export const targetVerify: CommandSpec<TargetVerifyOptions> = {
  name: 'lustrebackup_target_verify',
  description: "Compares what the target holds with the source's verifications.",
  declare: (program) =>
    void program
      .option('-r, --resume', 'go on with an interrupted comparison', false)
      .option('-s, --start <timestamp>', 'verifications from this one on (default: after the last that was compared here)', timestamp)
      .option('-e, --end <timestamp>', 'up to this one', timestamp)
      .option('-t, --target <timestamp>', 'the snapshot of the target to compare with (default: the one of the same time)', timestamp)
      .option('-i, --checkpoint-interval <minutes>', 'keep what is done so often', wholeNumber, 10),
  run: async ({ options, openApp, print, printJson }) => {
    const app = await openApp('target')
    const { VERIFY_LOCK } = await import('@lustrebackup/core/verify/verification-types')
    app.lock(VERIFY_LOCK)
    const [{ exitCodeOf, runTargetVerify }, { openTargetVerify }, { verifyProgress }, describe] = await Promise.all([
      import('@lustrebackup/core/verify/target-verify-run'),
      import('@lustrebackup/core/verify/open-target-verify'),
      import('./verify-progress.js'),
      import('@lustrebackup/core/verify/describe-target'),
    ])
    const progress = verifyProgress(app)
    const request = {
      start: options.start ?? null,
      end: options.end ?? null,
      target: options.target ?? null,
      resume: options.resume,
      checkpointSeconds: options.checkpointInterval * 60,
    }
    const outcome = await runTargetVerify(request, openTargetVerify(app, progress.show)).finally(progress.end)
    if (options.json) printJson(describe.targetVerifyDocument(outcome))
    else print(describe.describeTargetVerify(outcome))
    return exitCodeOf(outcome)
  },
}
