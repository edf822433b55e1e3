import { LustrebackupError } from '../errors/errors.js'
import { failureInWords } from '../exec/exec-failure.js'
import type { ExecResult } from '../exec/exec-port.js'
import { Turns } from '../workers/turns.js'
import { SNAPSHOT_TIMEOUT_SECONDS, type SnapshotCommand, snapshotWords } from './lctl-commands-plan.js'
import type { MgsRunner } from './mgs-runner.js'
import { parseSnapshotList, parseSnapshotPieces } from './parse-snapshot-list.js'
import type { SnapshotStore } from './snapshot-port.js'

/** Exit codes of lctl, which are errnos. */
const EEXIST = 17
const ETIMEDOUT = 110
/** Mounted already; not mounted; a barrier that somebody else has frozen. */
const EALREADY = 114

export interface SnapshotStoreSettings {
  readonly fsname: string
  readonly commands: 'wrapper' | 'lctl'
  readonly mgs: MgsRunner
  /** Does not end `umount`, which is how an aborted run cleans up after itself. */
  readonly signal: AbortSignal
}

/** Snapshots through `lctl snapshot_*`, or its wrapper, where the MGS is: one command after the other, each of which changes the servers. */
export function createMgsSnapshotStore({ fsname, commands, mgs, signal }: SnapshotStoreSettings): SnapshotStore {
  const turns = new Turns(1)
  const run = (command: SnapshotCommand): Promise<ExecResult> =>
    turns.run(() =>
      mgs.run(snapshotWords(command, fsname, commands), {
        timeoutSeconds: SNAPSHOT_TIMEOUT_SECONDS[command.kind],
        ...(command.kind === 'umount' ? {} : { signal }),
      }),
    )
  return {
    list: async () => {
      const result = await run({ kind: 'list' })
      if (result.exitCode !== 0) throw failed('SNAPSHOT_LIST_FAILED', `cannot list the snapshots of ${fsname}`, result)
      return parseSnapshotList(result.stdout.toString('utf8'))
    },
    pieces: async (name) => {
      const result = await run({ kind: 'detail', name })
      return result.exitCode === 0 ? parseSnapshotPieces(result.stdout.toString('utf8')) : null
    },
    create: async (name, comment, barrierSeconds) => {
      const result = await run({ kind: 'create', name, comment, barrierSeconds })
      if (result.exitCode !== 0) throw createFailed(name, result)
    },
    mount: async (name) => {
      const result = await run({ kind: 'mount', name })
      if (result.exitCode === 0 || result.exitCode === EALREADY) return
      throw failed(
        'SNAPSHOT_MOUNT_FAILED',
        `cannot mount the snapshot ${name} on the servers`,
        result,
        'see /var/log/lsnapshot.log on the MGS',
      )
    },
    umount: async (name) => {
      const result = await run({ kind: 'umount', name })
      if (result.exitCode === 0 || result.exitCode === EALREADY) return
      throw failed(
        'SNAPSHOT_UMOUNT_FAILED',
        `cannot unmount the snapshot ${name} on the servers`,
        result,
        'see /var/log/lsnapshot.log on the MGS',
      )
    },
    destroy: async (name, force) => {
      const result = await run({ kind: 'destroy', name, force })
      if (result.exitCode === 0) return
      throw failed(
        'SNAPSHOT_DESTROY_FAILED',
        `cannot destroy the snapshot ${name}`,
        result,
        'it may be mounted, or lack a piece: unmount it everywhere, or use --force',
      )
    },
  }
}

function createFailed(name: string, result: ExecResult): LustrebackupError {
  const what = `cannot create the snapshot ${name}`
  if (result.exitCode === EEXIST) return failed('SNAPSHOT_EXISTS', what, result, 'choose another name')
  if (result.exitCode === ETIMEDOUT || result.exitCode === EALREADY) {
    return failed('SNAPSHOT_BARRIER', what, result, 'the file system could not be frozen long enough; try again when it is less busy')
  }
  return failed('SNAPSHOT_CREATE_FAILED', what, result, 'see /var/log/lsnapshot.log on the MGS')
}

function failed(code: string, what: string, result: ExecResult, hint?: string): LustrebackupError {
  return new LustrebackupError(code, `${what}: ${failureInWords(result)}`, hint === undefined ? {} : { hint })
}
