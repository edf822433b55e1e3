import type { Config } from '../config/config-types.js'
import type { Exec } from '../exec/exec-port.js'
import type { Log } from '../log/log-types.js'
import type { RemoteHost } from '../ssh/remote-port.js'
import { createClientMounts } from './client-mounts.js'
import { SNAPSHOT_TIMEOUT_SECONDS, snapshotWords } from './lctl-commands-plan.js'
import { localMgsRunner, remoteMgsRunner } from './mgs-runner.js'
import { createMgsSnapshotStore } from './mgs-snapshot-store.js'
import type { SnapshotMounts, SnapshotStore } from './snapshot-port.js'

export interface SnapshotPorts {
  readonly exec: Exec
  readonly signal: AbortSignal
  remote(host: string): RemoteHost
}

/** The snapshots of the file system that a configuration names, on its MGS: on another host, or on this one. */
export function openSnapshots({ lustre }: Config, { exec, remote, signal }: SnapshotPorts): SnapshotStore {
  const { fsname, mgsCommands: commands } = lustre
  const probe = snapshotWords({ kind: 'list' }, fsname, commands)
  const mgs = lustre.mgs.length === 0 ? localMgsRunner(exec) : remoteMgsRunner(lustre.mgs.map(remote), probe, SNAPSHOT_TIMEOUT_SECONDS.list)
  return createMgsSnapshotStore({ fsname, commands, mgs, signal })
}

export interface MountPorts {
  readonly exec: Exec
  readonly store: SnapshotStore
  readonly log: Log
  readonly signal: AbortSignal
}

export function openMounts({ lustre }: Config, ports: MountPorts): SnapshotMounts {
  return createClientMounts({ ...ports, nid: lustre.nid, snapshotHome: lustre.snapshotHome, mountOpts: lustre.snapshotMountOpts })
}
