import type { CommandSpec } from '@lustrebackup/core/cli/command-types'
import { timestamp, wholeNumber } from '@lustrebackup/core/cli/option-values'
import { EXIT } from '@lustrebackup/core/errors/errors'

interface SourceVerifyOptions {
  readonly resume: boolean
  readonly renamedOnly: boolean
  readonly start?: number
  readonly end?: number
  readonly modified?: number
  readonly checkpointInterval: number
}

export const sourceVerify: CommandSpec<SourceVerifyOptions> = {
  name: 'lustrebackup_source_verify',
  description: 'Writes down, with checksums, what the newest snapshot of a range has of everything that the backups of the range changed.',
  declare: (program) =>
    void program
      .option('-r, --resume', 'go on with an interrupted verification of the same range', false)
      .option('-s, --start <timestamp>', 'what backups after this one changed (default: where the last verification ended)', timestamp)
      .option('-e, --end <timestamp>', 'up to this backup (default: the last finished one)', timestamp)
      .option('-n, --renamed-only', 'only what was renamed', false)
      .option('-m, --modified <timestamp>', 'only what was modified at this time or later', timestamp)
      .option('-i, --checkpoint-interval <minutes>', 'keep what is done so often', wholeNumber, 10),
  attended: () => 'run',
  run: async ({ options, openApp, print, printJson }) => {
    const app = await openApp('source')
    const { VERIFY_LOCK } = await import('@lustrebackup/core/verify/verification-types')
    app.lock(VERIFY_LOCK)
    const [{ runSourceVerify }, { openSourceVerify }, { verifyProgress }, describe] = await Promise.all([
      import('@lustrebackup/core/verify/source-verify-run'),
      import('@lustrebackup/core/verify/open-source-verify'),
      import('./verify-progress.js'),
      import('@lustrebackup/core/verify/describe-source'),
    ])
    const progress = verifyProgress(app)
    const request = {
      start: options.start ?? null,
      end: options.end ?? null,
      filter: { renamedOnly: options.renamedOnly, modifiedSince: options.modified ?? null },
      resume: options.resume,
      checkpointSeconds: options.checkpointInterval * 60,
    }
    const outcome = await runSourceVerify(request, openSourceVerify(app, progress.show)).finally(progress.end)
    if (options.json) printJson(describe.sourceVerifyDocument(outcome))
    else print(describe.describeSourceVerify(outcome))
    return outcome.kind === 'made' && outcome.header.counts.unreadable > 0 ? EXIT.incomplete : EXIT.done
  },
}
