import type { CommandSpec } from '@lustrebackup/core/cli/command-types'
import type { App } from '@lustrebackup/core/cli/open-app'
import { description, snapshotName } from '@lustrebackup/core/cli/option-values'

/** Reading the logs and waiting for clients may take this long; the snapshot does not wait longer. */
const FLUSH_LIMIT_MS = 300_000
/** Data versions asked for at once. */
const IN_FLIGHT = 64

interface CreateOptions {
  readonly name?: string
  readonly description: string
}

export const snapshotCreate: CommandSpec<CreateOptions> = {
  name: 'lustrebackup_snapshot_create',
  description: 'Creates a snapshot of the file system and checks that it is whole.',
  declare: (program) =>
    void program
      .option('-n, --name <name>', 'name of the snapshot (default: FSNAME-backup-TIMESTAMP)', snapshotName)
      .option('-d, --description <text>', 'comment of the snapshot', description, ''),
  attended: () => 'run',
  run: async ({ options, openApp, print, printJson }) => {
    const app = await openApp('snapshot')
    const { createAndRecord } = await import('@lustrebackup/core/snapshot/snapshot-create-record')
    app.lock('snapshot')
    const canary = await prepare(app)
    const snapshot = await createAndRecord(options.name ?? null, options.description, { ...app, canary })
    if (options.json) printJson(snapshot)
    else print(snapshot.name)
    return undefined
  },
}

/** On the source, what comes before a snapshot; gives the number of the canary. */
async function prepare(app: App): Promise<number | null> {
  const { isSource, prepareSource } = await import('@lustrebackup/core/snapshot/prepare-source-run')
  if (!isSource(app.config)) return null
  const openLustre = () => app.openLustre(IN_FLIGHT)
  return await prepareSource({ ...app, openLustre, limit: AbortSignal.timeout(FLUSH_LIMIT_MS) })
}
