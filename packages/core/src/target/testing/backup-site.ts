import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MapHeader } from '../../backupmap/backupmap-types.js'
import { neededParts } from '../../backupmap/map-reader.js'
import { formatHeader, parseHeader } from '../../backupmap/parse-header.js'
import type { Config } from '../../config/config-types.js'
import { LustrebackupError } from '../../errors/errors.js'
import { createExec } from '../../exec/execa-exec.js'
import { plainChannels } from '../../filediff/source-channels-port.js'
import type { Log } from '../../log/log-types.js'
import { silentLog } from '../../log/silent-log.js'
import { describeDisk, writeModel } from '../../namespace/testing/model-disk.js'
import { writeFullMap } from '../../namespace/testing/model-full-map.js'
import { type AttributeSource, headerOf, planModel, writeSteps } from '../../namespace/testing/model-map.js'
import type { ModelTree } from '../../namespace/testing/model-tree.js'
import { openTestTree } from '../../namespace/testing/namespace-site.js'
import { makeTestFolder } from '../../namespace/testing/test-folder.js'
import type { SnapshotStore } from '../../snapshot/snapshot-port.js'
import type { Snapshot } from '../../snapshot/snapshot-types.js'
import { readSentMap } from '../../source/sent-map-run.js'
import { HISTORY_LIMITS } from '../../state/history-plan.js'
import { metaLayout } from '../../state/meta-layout.js'
import type { Owed } from '../../transfer/owed-types.js'
import type { BackupPorts } from '../backup-ports.js'
import { runBackup } from '../backup-run.js'
import { attributesOn, describeAttributes } from './disk-attributes.js'

/** Takes the place of ssh. Not bash -c, which reads the login files where its input is a socket. A file `broken` beside it makes every connection fail. */
const SSH = `#!/bin/bash
here=$(dirname "$0")
[[ ! -e $here/broken ]] || { echo 'ssh: connect to host the.source port 22: No route to host' >&2; exit 255; }
while [[ $1 == -* ]]; do shift; done
shift
printf '%s\\n' "$*" >> "$here/commands"
exec sh -c "$*"
`

/** The source as a target sees it: snapshots in folders, maps, and what its commands say. */
export class TestSource {
  readonly calls: string[] = []
  lastBackup: number | null = null
  doneFails = false
  /** Knows nothing of any backup but this one. */
  forgetful = false
  /** Puts small maps into its answer. */
  sendsMap = false
  knows: number | null = null
  owed: readonly Owed[] = []
  #offered: { timestamp: number; digest: string } | null = null
  #inProgress = false

  constructor(readonly folder: string) {
    mkdirSync(join(folder, 'snap'), { recursive: true })
    mkdirSync(join(folder, 'maps'))
  }

  snapshot(timestamp: number): string {
    return join(this.folder, 'snap', String(timestamp))
  }

  map(timestamp: number): string {
    return join(this.folder, 'maps', String(timestamp))
  }

  /** Makes a snapshot of `s1` and a map of it, incremental from `s0` or full. */
  offer(timestamp: number, s1: ModelTree, from: { base: number; s0: ModelTree } | null, changes: Partial<MapHeader> = {}): void {
    if (!existsSync(this.snapshot(timestamp))) writeModel(s1, this.snapshot(timestamp))
    const attributes: AttributeSource = (side, path) => attributesOn(this.snapshot(side === 's1' ? timestamp : from!.base), path)
    rmSync(this.map(timestamp), { recursive: true, force: true })
    const map =
      from === null
        ? writeFullMap(this.map(timestamp), null, s1, attributes)
        : writeSteps(this.map(timestamp), planModel(from.s0, s1, attributes))
    const header = headerOf(map.header.parts, {
      kind: from === null ? 'full' : 'incremental',
      base: from === null ? null : { timestamp: from.base, snapshotName: `src-backup-${from.base}` },
      snapshot: { timestamp, snapshotName: `src-backup-${timestamp}` },
      mdts: [{ mdt: 'MDT0000', startRecno: 1n, endRecno: 9n, recordCount: 9n }],
      tree: { entryCount: s1.entries().length + 1, sizeBytes: 0n },
      ...changes,
    })
    const text = formatHeader(header)
    writeFileSync(join(this.map(timestamp), 'header.json'), text)
    this.#offered = { timestamp, digest: createHash('sha256').update(text).digest('hex') }
  }

  /** Has nothing to back up any more. */
  withdraw(): void {
    this.#offered = null
  }

  commands(): BackupPorts['source'] {
    return {
      init: async () => {
        this.calls.push('init')
        const backup = this.#offered
        const resumed = this.#inProgress
        this.#inProgress = backup !== null
        return { protocol: 1, version: '0', fsname: 'src', lastBackup: this.lastBackup, backup: backup && this.#describe(backup, resumed) }
      },
      look: async () => {
        this.calls.push('look')
        const backup = this.#offered
        return {
          protocol: 1,
          version: '0',
          fsname: 'src',
          lastBackup: this.lastBackup,
          backup: backup && this.#describe(backup, this.#inProgress),
        }
      },
      done: async (timestamp, owed) => {
        this.calls.push(`done ${timestamp}`)
        if (this.doneFails) throw new LustrebackupError('SSH_UNREACHABLE', 'the source is away')
        if (this.forgetful && timestamp !== this.knows) throw new LustrebackupError('SOURCE_REFUSED', 'it is not in progress')
        this.lastBackup = timestamp
        this.owed = owed
        if (this.#offered?.timestamp === timestamp) this.#offered = null
        this.#inProgress = false
      },
      abort: async () => {
        this.calls.push('abort')
        this.#inProgress = false
      },
    }
  }

  #describe({ timestamp, digest }: { timestamp: number; digest: string }, resumed: boolean) {
    const path = this.map(timestamp)
    const parts = this.sendsMap ? loadMapParts(path) : []
    const map = { path, headerDigest: digest, parts: parts.map(({ file }) => file), files: this.sendsMap ? readSentMap(path, parts) : [] }
    return { timestamp, snapshotName: `src-backup-${timestamp}`, mountPoint: this.snapshot(timestamp), dataPath: '', map, resumed }
  }
}

function loadMapParts(folder: string) {
  const file = join(folder, 'header.json')
  return neededParts(parseHeader(readFileSync(file, 'utf8'), file))
}

/** Snapshots of the target, in memory. */
export class TestSnapshots implements SnapshotStore {
  readonly made: Snapshot[] = []

  async list() {
    return [...this.made]
  }
  async pieces() {
    return null
  }
  async create(name: string, comment: string) {
    if (this.made.some((snapshot) => snapshot.name === name)) throw new LustrebackupError('SNAPSHOT_EXISTS', 'exists')
    const times = { createTime: '', modifyTime: '', mounted: false, ours: true }
    this.made.unshift({ name, fsname: 'dst', snapshotFsname: '01234567', timestamp: Number(/\d+$/.exec(name)), comment, ...times })
  }
  async mount() {}
  async umount() {}
  async destroy(name: string) {
    this.made.splice(
      this.made.findIndex((snapshot) => snapshot.name === name),
      1,
    )
  }
}

export class BackupSite {
  readonly folder = makeTestFolder('target')
  readonly source = new TestSource(join(this.folder, 'source'))
  readonly snapshots = new TestSnapshots()
  readonly data = join(this.folder, 'target/data')
  readonly meta = join(this.folder, 'target/meta')
  readonly bin = join(this.folder, 'bin')
  readonly warnings: string[] = []
  /** Dies at the begin of this phase, once. */
  dieAt: string | null = null
  backup: Partial<Config['backup']> = {}

  constructor() {
    for (const path of [this.data, this.meta, this.bin]) mkdirSync(path, { recursive: true })
    writeFileSync(join(this.bin, 'ssh'), SSH)
    chmodSync(join(this.bin, 'ssh'), 0o755)
  }

  ports(): BackupPorts {
    const backup = { rsyncCommand: 'rsync', maxChangePercent: null, maxErrors: null, snapshotBackend: 'lustre', ...this.backup }
    const lustre = { fsname: 'dst', dataPath: this.data, metaBasepath: this.meta, mdts: [], snapshotCreateRetries: 0 }
    const system = { nprocs: 2, sshConfig: '' }
    const config = { backup, lustre, system, source: { host: 'the.source', conf: '' } } as unknown as Config
    const log: Log = { ...silentLog, warning: (message) => void this.warnings.push(message) }
    return {
      config,
      layout: metaLayout(this.meta),
      exec: createExec({ commandPath: `${this.bin}:/usr/local/bin:/usr/bin:/bin`, environment: process.env }),
      log,
      signal: new AbortController().signal,
      source: this.source.commands(),
      snapshots: this.snapshots,
      openTree: openTestTree,
      filediffChannels: plainChannels(async () => {
        throw new LustrebackupError('SSH_UNREACHABLE', 'this source has no filediff')
      }),
      keptRecords: HISTORY_LIMITS.records,
      nowSeconds: () => 5000,
      elapsedSeconds: () => 0,
      sleep: async () => undefined,
      report: async () => undefined,
      progress: ({ phase }) => {
        if (phase !== this.dieAt) return
        this.dieAt = null
        throw new Error('killed')
      },
    }
  }

  run(options = { acceptChanges: false }) {
    return runBackup(options, this.ports())
  }

  /** The target's tree and that of a source snapshot, entry by entry, to be compared. */
  trees(timestamp: number): { target: string[]; source: string[] } {
    const describe = (folder: string) => [...describeDisk(folder), ...describeAttributes(folder)]
    return { target: describe(this.data), source: describe(this.source.snapshot(timestamp)) }
  }

  commands(): string[] {
    const file = join(this.bin, 'commands')
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
