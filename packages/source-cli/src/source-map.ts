import type { CommandContext, CommandSpec, GlobalOptions } from '@lustrebackup/core/cli/command-types'
import type { App } from '@lustrebackup/core/cli/open-app'
import { timestamp } from '@lustrebackup/core/cli/option-values'
import type { BackupProgress } from '@lustrebackup/core/target/backup-ports'

interface MapOptions {
  readonly full: boolean
  readonly snapshot?: number
  readonly dryRun: boolean
  readonly explain?: string
}

export const sourceMap: CommandSpec<MapOptions> = {
  name: 'lustrebackup_source_map',
  description: 'Makes the backupmap of a snapshot: what the target has to do to become like it.',
  declare: (program) =>
    void program
      .option('--full', 'a full map, also where an incremental one is possible', false)
      .option('--snapshot <timestamp>', 'the snapshot with this timestamp (default: the newest)', timestamp)
      .option('-n, --dry-run', 'only count: no map is kept', false)
      .option('--explain <path|fid>', 'make no map, but say why this entry is in that of the snapshot, or is not'),
  attended: ({ dryRun, explain }) => (dryRun || explain !== undefined ? 'none' : 'backup'),
  run: async ({ options, openApp, print, printJson }) => {
    const app = await openApp('source')
    app.lock('source')
    if (options.explain !== undefined) return explain(options.explain, options, app, { print, printJson })
    const { openMapContext } = await import('@lustrebackup/core/source/open-map-context')
    const { runSourceMap } = await import('@lustrebackup/core/backupmap/source-map-run')
    const { formatMapResult } = await import('@lustrebackup/core/backupmap/format-map-result')
    const { warnOfIdleUsers } = await import('@lustrebackup/core/changelog/users-run')
    await warnOfIdleUsers(app.exec, app.log, app.config, app.signal)
    const request = { full: options.full, snapshot: options.snapshot ?? null, dryRun: options.dryRun }
    const result = await shown(app, async (progress) => runSourceMap(await openMapContext(app, progress), request))
    if (options.json) printJson(result)
    else print(formatMapResult(result))
    return undefined
  },
}

/** A map with its progress on a terminal. */
async function shown<T>(app: App, run: (progress: (step: BackupProgress) => void) => Promise<T>): Promise<T> {
  const { noProgress, progressOn } = await import('@lustrebackup/core/cli/show-progress')
  const write = (text: string) => void process.stderr.write(text)
  const line = app.showProgress ? progressOn(write, () => app.nowSeconds()) : noProgress
  try {
    return await run((step) => line.show(step))
  } finally {
    line.end()
  }
}

async function explain(what: string, options: MapOptions & GlobalOptions, app: App, { print, printJson }: Printers): Promise<undefined> {
  const { openMapContext } = await import('@lustrebackup/core/source/open-map-context')
  const { runExplain } = await import('@lustrebackup/core/explain/explain-run')
  const { describeExplanation, explanationDocument } = await import('@lustrebackup/core/explain/describe-explanation')
  const explanation = await runExplain(await openMapContext(app), { what, snapshot: options.snapshot ?? null })
  if (options.json) printJson(explanationDocument(explanation))
  else print(describeExplanation(explanation).join('\n'))
  return undefined
}

type Printers = Pick<CommandContext<MapOptions>, 'print' | 'printJson'>
