import type { CommandContext, CommandSpec } from '@lustrebackup/core/cli/command-types'
import type { App } from '@lustrebackup/core/cli/open-app'
import { percentage, sizeValue, timestamp, wholeNumber } from '@lustrebackup/core/cli/option-values'
import { EXIT, type ExitCode, LustrebackupError } from '@lustrebackup/core/errors/errors'
import type { SampleAmount } from '@lustrebackup/core/verify/sample-plan'

interface TargetVerifyOptions {
  readonly resume: boolean
  readonly start?: number
  readonly end?: number
  readonly target?: number
  readonly checkpointInterval: number
  readonly sample?: number
  readonly budget?: bigint
}

export const targetVerify: CommandSpec<TargetVerifyOptions> = {
  name: 'lustrebackup_target_verify',
  description: "Compares what the target holds with the source's verifications, or reads a part of what was verified the longest ago.",
  declare: (program) =>
    void program
      .option('-r, --resume', 'go on with an interrupted comparison', false)
      .option('-s, --start <timestamp>', 'verifications from this one on (default: after the last that was compared here)', timestamp)
      .option('-e, --end <timestamp>', 'up to this one', timestamp)
      .option('-t, --target <timestamp>', 'the snapshot of the target to compare with (default: the one of the same time)', timestamp)
      .option('-i, --checkpoint-interval <minutes>', 'keep what is done so often', wholeNumber, 10)
      .option('--sample <percent>', 'instead: read so much of what was verified the longest ago', percentage)
      .option('--budget <size>', 'the same with a size, such as 500G', sizeValue),
  attended: () => 'run',
  run: async (context) => {
    const amount = amountOf(context.options)
    const app = await context.openApp('target')
    const { VERIFY_LOCK } = await import('@lustrebackup/core/verify/verification-types')
    app.lock(VERIFY_LOCK)
    return amount === null ? await compare(context, app) : await sample(amount, context, app)
  },
}

/** How much a sample reads; null = no sample is wanted. */
function amountOf({ sample, budget, resume, start, end, target }: TargetVerifyOptions): SampleAmount | null {
  if (sample === undefined && budget === undefined) return null
  if (sample !== undefined && budget !== undefined) throw wrongUsage('--sample and --budget cannot be used together')
  if (resume || start !== undefined || end !== undefined || target !== undefined) {
    throw wrongUsage('a sample is taken of what was verified the longest ago: without --resume, --start, --end and --target')
  }
  return sample === undefined ? { kind: 'bytes', bytes: budget! } : { kind: 'percent', percent: sample }
}

function wrongUsage(message: string): LustrebackupError {
  return new LustrebackupError('USAGE', message, { exitCode: EXIT.usage, hint: 'see --help' })
}

async function compare({ options, print, printJson }: CommandContext<TargetVerifyOptions>, app: App): Promise<ExitCode> {
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
}

async function sample(
  amount: SampleAmount,
  { options, print, printJson }: CommandContext<TargetVerifyOptions>,
  app: App,
): Promise<ExitCode> {
  const [{ runSample }, { openTargetVerify }, { verifyProgress }, describe] = await Promise.all([
    import('@lustrebackup/core/verify/sample-run'),
    import('@lustrebackup/core/verify/open-target-verify'),
    import('./verify-progress.js'),
    import('@lustrebackup/core/verify/describe-sample'),
  ])
  const progress = verifyProgress(app)
  const result = await runSample(amount, openTargetVerify(app, progress.show)).finally(progress.end)
  if (options.json) printJson(describe.sampleDocument(result))
  else print(describe.describeSample(result))
  return result.differences.length > 0 ? EXIT.differences : EXIT.done
}
