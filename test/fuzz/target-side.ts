import { appendFileSync, chmodSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '@lustrebackup/core/config/config-types'
import type { Exec } from '@lustrebackup/core/exec/exec-port'
import { createExec } from '@lustrebackup/core/exec/execa-exec'
import { overPipe } from '@lustrebackup/core/filediff/data-channel'
import { plainChannels } from '@lustrebackup/core/filediff/source-channels-port'
import { silentLog } from '@lustrebackup/core/log/silent-log'
import { Crash, CrashPlan, crashingTree } from '@lustrebackup/core/namespace/testing/crashing-tree'
import type { SnapshotStore } from '@lustrebackup/core/snapshot/snapshot-port'
import type { Snapshot } from '@lustrebackup/core/snapshot/snapshot-types'
import { HISTORY_LIMITS } from '@lustrebackup/core/state/history-plan'
import { type MetaLayout, metaLayout } from '@lustrebackup/core/state/meta-layout'
import type { BackupPorts } from '@lustrebackup/core/target/backup-ports'
import { type BackupOutcome, runBackup } from '@lustrebackup/core/target/backup-run'
import { type DryRun, runDryRun } from '@lustrebackup/core/target/dry-run'
import { treeOpener } from '@lustrebackup/core/tree/open-tree'
import { openFilediffChannel } from './filediff-channel.js'
import type { Damage } from './operations.js'
import { Outside } from './outside.js'
import { quickExec } from './quick-exec.js'

/** Takes the place of ssh: runs what the source would be asked to run. Its words hold nothing that a shell changes. */
const SSH = `#!/bin/sh
set -f
while [ "\${1#-}" != "$1" ]; do shift; done
shift
exec $*
`

/** Where a run of the target dies: at the change of the tree, the program or the phase with this number. */
export interface Death {
  readonly place: 'change' | 'program' | 'phase'
  readonly count: number
}

/** The target: its tree, its state, and its runs, which can be made to die. */
export class TargetSide {
  readonly data: string
  readonly layout: MetaLayout
  readonly #meta: string
  readonly #bin: string
  readonly #outside: Outside
  readonly #snapshots = memoryStore()
  death: Death | null = null
  keptRecords = HISTORY_LIMITS.records

  constructor(
    folder: string,
    private readonly sourceConfig: Config,
    private readonly source: BackupPorts['source'],
    private readonly nowSeconds: () => number,
  ) {
    this.data = join(folder, 'target/data')
    this.#meta = join(folder, 'target/meta')
    this.#bin = join(folder, 'bin')
    this.layout = metaLayout(this.#meta)
    for (const path of [this.data, this.#meta, this.#bin]) mkdirSync(path, { recursive: true })
    writeFileSync(join(this.#bin, 'ssh'), SSH)
    chmodSync(join(this.#bin, 'ssh'), 0o755)
    this.#outside = new Outside(join(folder, 'outside'))
  }

  /** null when it died as it was meant to. */
  async run(): Promise<BackupOutcome | null> {
    const death = this.death
    this.death = null
    try {
      return await runBackup({ acceptChanges: false }, this.#ports(death))
    } catch (error) {
      if (error instanceof Crash) return null
      throw error
    } finally {
      this.#outside.check()
    }
  }

  /** Puts a script in front of a program that the target runs. */
  program(name: string, script: string): void {
    writeFileSync(join(this.#bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }

  /** The system's own program again. */
  ownProgram(name: string): void {
    rmSync(join(this.#bin, name), { force: true })
  }

  dryRun(): Promise<DryRun> {
    return runDryRun(this.#ports(null))
  }

  /** What a run that does not die works with. */
  ports(): BackupPorts {
    return this.#ports(null)
  }

  /** Changes the tree behind the back of the backup; without the entry nothing happens. */
  damage(path: string, how: Damage): void {
    let entry = Buffer.from(this.data)
    let stat = lstatSync(entry)
    for (const name of path.split('/')) {
      // A symlink on the way could lead anywhere.
      if (!stat.isDirectory()) return
      entry = Buffer.concat([entry, Buffer.from(`/${name}`, 'latin1')])
      const next = lstatSync(entry, { throwIfNoEntry: false })
      if (next === undefined) return
      stat = next
    }
    if (how === 'symlink') this.#outside.plant(entry)
    else damageEntry(entry, stat.isFile(), how)
  }

  #ports(death: Death | null): BackupPorts {
    const openTree = treeOpener()
    const changes = new CrashPlan(death?.place === 'change' ? death.count : null)
    const phases = countdown(death?.place === 'phase' ? death.count : null)
    return {
      config: configOf(this.data, this.#meta, this.sourceConfig.lustre.liblustreapi),
      layout: this.layout,
      exec: this.#exec(countdown(death?.place === 'program' ? death.count : null)),
      log: silentLog,
      signal: new AbortController().signal,
      source: this.source,
      snapshots: this.#snapshots,
      filediffChannels: plainChannels(async (words) => overPipe(openFilediffChannel(words, this.sourceConfig))),
      openTree: (path) => crashingTree(openTree(path), changes),
      keptRecords: this.keptRecords,
      nowSeconds: this.nowSeconds,
      elapsedSeconds: () => 0,
      sleep: async () => undefined,
      report: async () => undefined,
      progress: ({ doneFiles }) => {
        if (doneFiles === 0) phases()
      },
    }
  }

  #exec(count: () => void): Exec {
    const real = quickExec(createExec({ commandPath: `${this.#bin}:/usr/local/bin:/usr/bin:/bin`, environment: process.env }))
    return {
      ...real,
      // Dies when the program has ended: what it did is done, but nobody was told.
      run: async (program, args, options) => {
        const result = await real.run(program, args, options)
        count()
        return result
      },
    }
  }
}

function damageEntry(path: Buffer, isFile: boolean, how: Exclude<Damage, 'symlink'>): void {
  if (how === 'grow') {
    if (isFile) appendFileSync(path, 'more')
    return
  }
  rmSync(path, { recursive: true, force: true })
  if (how === 'directory') mkdirSync(path)
}

function countdown(from: number | null): () => void {
  let left = from
  return () => {
    if (left === null) return
    left -= 1
    if (left < 0) throw new Crash('killed')
  }
}

function configOf(data: string, meta: string, liblustreapi: string): Config {
  const backup = { rsyncCommand: 'rsync', checksumChoice: 'xxh128', maxChangePercent: null, maxErrors: null, snapshotBackend: 'lustre' }
  const lustre = { fsname: 'dst', dataPath: data, metaBasepath: meta, mdts: [], snapshotCreateRetries: 0, liblustreapi }
  // What a run of the target does not look at is left out.
  return { backup, lustre, system: { nprocs: 2, sshConfig: '' }, source: { host: 'the.source', conf: '' } } as unknown as Config
}

/** Snapshots of the target, in memory. */
function memoryStore(): SnapshotStore {
  const made: Snapshot[] = []
  return {
    list: async () => [...made],
    pieces: async () => null,
    create: async (name, comment) => {
      const times = { createTime: '', modifyTime: '', mounted: false, ours: true }
      made.unshift({ name, fsname: 'dst', snapshotFsname: '01234567', timestamp: Number(/\d+$/.exec(name)), comment, ...times })
    },
    mount: async () => undefined,
    umount: async () => undefined,
    destroy: async () => undefined,
  }
}
