import { forgetCanariesBefore, listCanaries, loadCanary, saveCanary } from '../canary/canary-record.js'
import { runCanary } from '../canary/canary-run.js'
import { lfsMkdir } from '../canary/lfs-mkdir.js'
import { warnOfIdleUsers } from '../changelog/users-run.js'
import type { Config } from '../config/config-types.js'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import type { Exec } from '../exec/exec-port.js'
import type { Log } from '../log/log-types.js'
import type { Lustre } from '../lustre/lustre-port.js'
import { makeMetaFolders } from '../state/durable.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { linkedTimestamp } from '../state/state-link.js'
import { runFlush } from './flush-run.js'
import { loadSnapshotRecord } from './snapshot-record.js'

export interface PrepareContext {
  readonly config: Config
  readonly layout: MetaLayout
  readonly exec: Exec
  readonly log: Log
  readonly signal: AbortSignal
  /** Aborted when flushing has taken long enough. */
  readonly limit: AbortSignal
  nowSeconds(): number
  openLustre(): Promise<Lustre>
}

/** Only a source has changelogs that somebody reads. */
export function isSource({ lustre }: Config): boolean {
  return lustre.mdts.length > 0 && lustre.changelogUsers.length > 0
}

/**
 * What a source does before a snapshot: clients write out what they hold of recent writes, and the changelogs are put to the test.
 * Gives the number of the canary; null = none. Nothing of it keeps the snapshot from being made: what goes wrong is a warning, and a map asks for the canary.
 */
export async function prepareSource(context: PrepareContext): Promise<number | null> {
  const { config, layout, exec, log, signal } = context
  await warnOfIdleUsers(exec, log, config, signal)
  try {
    makeMetaFolders(layout)
    const lustre = await context.openLustre()
    const lastRecnos = await flush(context, lustre)
    return await makeCanary(context, lustre, lastRecnos)
  } catch (error) {
    signal.throwIfAborted()
    const hint = error instanceof LustrebackupError ? error.hint : null
    log.warning('the changelogs could not be tested; no incremental map of this snapshot will be possible', {
      reason: reasonOf(error),
      hint,
    })
    return null
  }
}

async function flush(context: PrepareContext, lustre: Lustre): Promise<ReadonlyMap<string, bigint>> {
  const { fsname, mdts, dataMount, flushSeconds } = context.config.lustre
  if (flushSeconds === 0) return new Map()
  const sinceSeconds = context.nowSeconds() - flushSeconds
  const request = { fsname, mdts, dataMount, sinceSeconds, fromRecnos: lastSeen(context.layout) }
  return (await runFlush(request, { ...context, lustre })).lastRecnos
}

/** Where the last canary found the ends of the logs: what is older need not be read again. */
function lastSeen(layout: MetaLayout): ReadonlyMap<string, bigint> {
  const newest = listCanaries(layout).at(-1)
  const canary = newest === undefined ? null : loadCanary(newest, layout)
  return new Map((canary?.mdts ?? []).flatMap(({ mdt, fromRecno }) => (fromRecno === null ? [] : [[mdt, fromRecno] as const])))
}

async function makeCanary(context: PrepareContext, lustre: Lustre, lastRecnos: ReadonlyMap<string, bigint>): Promise<number> {
  const { config, layout, exec, signal, nowSeconds } = context
  const { mdts, dataMount } = config.lustre
  const request = { mdts, dataMount, folder: layout.folder('canary'), lastRecnos, nowSeconds: nowSeconds() }
  const makeFolder = (mdtIndex: number, path: string) => lfsMkdir(exec, mdtIndex, path, signal)
  const number = saveCanary(await runCanary(request, { lustre, signal, makeFolder }), layout)
  const base = linkedTimestamp(layout.link('last_backup'))
  const ofBase = base === null ? null : (loadSnapshotRecord(base, layout)?.canary ?? null)
  if (ofBase !== null) forgetCanariesBefore(ofBase, layout)
  return number
}
