import { LustrebackupError, reasonOf } from '../errors/errors.js'
import type { Log } from '../log/log-types.js'
import { explainLeftover } from './explain-leftover.js'
import { snapshotNameFor } from './parse-snapshot-list.js'
import { barrierSecondsOf, pauseSecondsAfter } from './retry-pause-plan.js'
import type { SnapshotStore } from './snapshot-port.js'
import { missingRoles } from './whole-snapshot.js'

/** Failures that pass by themselves, after which it is certain that no snapshot was made. */
const WORTH_A_RETRY = ['SNAPSHOT_BARRIER', 'SSH_UNREACHABLE', 'MGS_NOT_FOUND']
const NOTHING_MADE = [...WORTH_A_RETRY, 'SNAPSHOT_EXISTS']

export interface SnapshotCreateRequest {
  readonly fsname: string
  /** null = `FSNAME-backup-TIMESTAMP`, with the time of the attempt that succeeds. */
  readonly name: string | null
  /** Empty = none. */
  readonly comment: string
  readonly retries: number
  /** Roles that the snapshot must have beside those that the MGS names. */
  readonly expectedRoles: readonly string[]
}

export interface SnapshotCreatePorts {
  readonly store: SnapshotStore
  readonly log: Log
  readonly signal: AbortSignal
  nowSeconds(): number
  sleep(seconds: number): Promise<void>
}

/** Makes a snapshot and checks that it is whole; one that is not is destroyed. Gives its name. */
export async function runSnapshotCreate(request: SnapshotCreateRequest, ports: SnapshotCreatePorts): Promise<string> {
  const name = await createWithRetries(request, ports)
  await assertWhole(name, request, ports)
  ports.log.info('snapshot created', { snapshot: name })
  return name
}

async function createWithRetries(
  request: SnapshotCreateRequest,
  { store, log, signal, nowSeconds, sleep }: SnapshotCreatePorts,
): Promise<string> {
  for (let attempt = 0; ; attempt += 1) {
    const name = request.name ?? snapshotNameFor(request.fsname, nowSeconds())
    const barrierSeconds = barrierSecondsOf(attempt)
    try {
      await store.create(name, request.comment, barrierSeconds)
      return name
    } catch (error) {
      if (!(error instanceof LustrebackupError)) throw error
      if (!NOTHING_MADE.includes(error.code)) throw await explainLeftover(error, name, request.name !== null, store)
      if (attempt >= request.retries || !WORTH_A_RETRY.includes(error.code)) throw error
      log.warning('the snapshot could not be made and is tried again later', {
        snapshot: name,
        attempt: attempt + 1,
        retries: request.retries,
        barrierSeconds,
        pauseSeconds: pauseSecondsAfter(attempt),
        reason: error.message,
      })
    }
    await sleep(pauseSecondsAfter(attempt))
    signal.throwIfAborted()
  }
}

async function assertWhole(name: string, request: SnapshotCreateRequest, { store, log }: SnapshotCreatePorts): Promise<void> {
  const pieces = await store.pieces(name)
  if (pieces === null) {
    log.info('the MGS does not say which targets a snapshot has', { snapshot: name })
    return
  }
  const missing = missingRoles(pieces, request.expectedRoles)
  if (missing.length === 0) return
  const destroyed = await store.destroy(name, true).then(
    () => 'was destroyed again',
    (error: unknown) => `could not be destroyed (${reasonOf(error)})`,
  )
  throw new LustrebackupError('SNAPSHOT_INCOMPLETE', `the snapshot ${name} lacks ${missing.join(', ')} and ${destroyed}`, {
    hint: 'compare /etc/ldev.conf on the MGS with the targets of the file system: each needs a line there',
  })
}
