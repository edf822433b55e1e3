import { setTimeout as sleep } from 'node:timers/promises'
import type { Role } from '../config/config-keys.js'
import type { Config } from '../config/config-types.js'
import { loadConfig } from '../config/load-config.js'
import type { Exec } from '../exec/exec-port.js'
import { execWhenUsed } from '../exec/exec-when-used.js'
import type { Log } from '../log/log-types.js'
import { openLog } from '../log/open-log.js'
import type { Lustre } from '../lustre/lustre-port.js'
import { openMounts, openSnapshots } from '../snapshot/open-snapshots.js'
import type { SnapshotMounts, SnapshotStore } from '../snapshot/snapshot-port.js'
import { createRemoteHost } from '../ssh/remote-over-ssh.js'
import type { RemoteHost } from '../ssh/remote-port.js'
import { acquireLock, type Lock } from '../state/locks.js'
import { type MetaLayout, metaLayout } from '../state/meta-layout.js'
import { VERSION } from '../version.js'
import { closeStack } from './close-stack.js'
import type { GlobalOptions } from './command-types.js'

/** Everything that a command works with. */
export interface App {
  readonly config: Config
  readonly log: Log
  /** The same log without stderr: for what the person is told otherwise. */
  readonly logFile: Log
  readonly exec: Exec
  readonly layout: MetaLayout
  readonly signal: AbortSignal
  /** Whether to show progress: stderr is a terminal and nobody asked for none. */
  readonly showProgress: boolean
  /** Of the file system of this side. */
  readonly snapshots: SnapshotStore
  readonly mounts: SnapshotMounts
  /** Loads the native addon and liblustreapi. `inFlight`: requests of one batch that are under way at once. */
  openLustre(inFlight: number): Promise<Lustre>
  nowSeconds(): number
  /** Settles after this time, or rejects when the run is aborted. */
  sleep(seconds: number): Promise<void>
  /** A host over ssh, connected at its first use and disconnected when the app closes. */
  remote(host: string): RemoteHost
  /** Takes a lock that is released when the app closes. */
  lock(name: string): Lock
  /** Runs `cleanup` when the app closes, in reverse order; it must not wait for the signal, which may be aborted by then. */
  onClose(cleanup: () => Promise<void> | void): void
  /** Safe to repeat; never throws. */
  close(): Promise<void>
}

export interface OpenAppRequest {
  readonly command: string
  readonly role: Role
  readonly options: GlobalOptions
  readonly signal: AbortSignal
}

/** The one composition root: reads the configuration and puts adapters behind the ports. */
export async function openApp({ command, role, options, signal }: OpenAppRequest): Promise<App> {
  const config = loadConfig(options.config, role)
  const { log, logFile } = await openLog({
    ...config.global,
    command,
    verbose: options.verbose,
    disabled: options.disableLog === true,
    writeStderr: (line) => void process.stderr.write(`${line}\n`),
  })
  const layout = metaLayout(config.lustre.metaBasepath)
  const nowSeconds = () => Math.floor(Date.now() / 1000)
  const closing = closeStack(log)
  const exec = execWhenUsed({ commandPath: config.system.commandPath, environment: process.env })
  const remote = (host: string): RemoteHost => {
    const opened = createRemoteHost({ host, sshConfig: config.system.sshConfig, exec })
    closing.push(() => opened.close())
    return opened
  }
  const snapshots = openSnapshots(config, { exec, remote, signal })
  logFile.info('started', { version: VERSION, config: config.file, arguments: process.argv.slice(2) })
  return {
    config,
    log,
    logFile,
    exec,
    layout,
    signal,
    showProgress: options.progress && process.stderr.isTTY === true,
    snapshots,
    mounts: openMounts(config, { exec, store: snapshots, log, signal }),
    openLustre: async (inFlight) => {
      const { openLustreapi } = await import('../lustre/open-lustreapi.js')
      const { nativeLustre } = await import('../lustre/native-lustre.js')
      return nativeLustre(openLustreapi(config.lustre.liblustreapi), inFlight)
    },
    nowSeconds,
    sleep: (seconds) => sleep(seconds * 1000, undefined, { signal }),
    remote,
    lock: (name) => {
      const lock = acquireLock(name, { layout, command, log, nowSeconds: nowSeconds() })
      closing.push(() => lock.release())
      return lock
    },
    onClose: closing.push,
    close: closing.close,
  }
}
