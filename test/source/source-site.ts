import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { REACH_BYTES } from '@lustrebackup/core/backupmap/area'
import type { MapHeader, PartEntries, PartKind } from '@lustrebackup/core/backupmap/backupmap-types'
import { createMapJob } from '@lustrebackup/core/backupmap/map.job'
import { loadMap } from '@lustrebackup/core/backupmap/map-folder'
import { checkParts, partsOf, readPart } from '@lustrebackup/core/backupmap/map-reader'
import type { MapRequest, MapResult } from '@lustrebackup/core/backupmap/map-request-types'
import { runSourceMap } from '@lustrebackup/core/backupmap/source-map-run'
import type { ChangelogDoubts } from '@lustrebackup/core/canary/changelog-proof-port'
import { createReduceJob } from '@lustrebackup/core/changelog/reduce.job'
import type { Config } from '@lustrebackup/core/config/config-types'
import { silentLog } from '@lustrebackup/core/log/silent-log'
import { nativeLustre } from '@lustrebackup/core/lustre/native-lustre'
import { openLustreapi } from '@lustrebackup/core/lustre/open-lustreapi'
import type { SnapshotMounts, SnapshotStore } from '@lustrebackup/core/snapshot/snapshot-port'
import type { Snapshot } from '@lustrebackup/core/snapshot/snapshot-types'
import { runSourceAbort } from '@lustrebackup/core/source/source-abort-run'
import { runSourceDone } from '@lustrebackup/core/source/source-done-run'
import { runSourceInit, runSourceLook } from '@lustrebackup/core/source/source-init-run'
import { makeMetaFolders } from '@lustrebackup/core/state/durable'
import { HISTORY_LIMITS, type HistoryLimits } from '@lustrebackup/core/state/history-plan'
import { metaLayout } from '@lustrebackup/core/state/meta-layout'
import type { Fid } from '@lustrebackup/core/types/fid'
import { inlinePool } from '@lustrebackup/core/workers/inline-pool'
import type { SimFilesystem } from '@lustrebackup/lustresim/filesystem'
import { Lustresim } from '@lustrebackup/lustresim/sim'

export interface SourceSiteOptions {
  readonly mdts?: number
  /** Folder of the file system that is backed up; empty = all of it. */
  readonly dataPath?: string
  readonly workers?: number
  /** Where the folder of the site is made; the system's folder for temporary files unless told otherwise. */
  readonly parent?: string
  /** How the simulator mounts: symlinks are faster, bind mounts are read-only where they should be. */
  readonly mounts?: 'bind' | 'symlink'
  /** Keeps the state of the backup outside of the file system, so that its own files are not among what was touched. */
  readonly stateOutside?: boolean
  /** Folder of the file system for the state of the backup, unless that is outside. */
  readonly metaPath?: string
  /** Bytes that a path may have. */
  readonly reachBytes?: number
  /** Touched FIDs that a reader of a changelog keeps in memory. */
  readonly entriesInMemory?: number
  readonly lustre?: Partial<Config['lustre']>
  readonly backup?: Partial<Config['backup']>
  readonly history?: HistoryLimits
  /** Folder of a site that another process made with the same options, and the time there. */
  readonly reopen?: { readonly folder: string; readonly nowSeconds: number }
}

/** Far in the future: the ctimes of the simulated files, which are those of the host, are then never young. */
const START_SECONDS = 4_000_000_000

/** A source file system, simulated, with the runs of the source commands on it. Its clock moves only when a test moves it. */
export class SourceSite {
  #now = BigInt(START_SECONDS) * 1_000_000_000n
  readonly folder: string
  readonly sim: Lustresim
  readonly fs: SimFilesystem
  readonly config: Config
  readonly layout
  readonly context
  /** What is said against the changelogs of the next snapshots. */
  doubts: ChangelogDoubts = { atSnapshot: [], sinceBase: [] }

  constructor(options: SourceSiteOptions = {}) {
    const { reopen } = options
    if (reopen !== undefined) this.#now = BigInt(reopen.nowSeconds) * 1_000_000_000n
    this.folder = reopen?.folder ?? mkdtempSync(join(options.parent ?? tmpdir(), 'lustrebackup-source-'))
    const mount = join(this.folder, 'mnt')
    this.sim = reopen === undefined ? this.#create(mount, options) : Lustresim.open(join(this.folder, 'lustre'), { now: () => this.#now })
    this.fs = this.sim.fs('src')
    this.config = configOf(this.sim, this.folder, mount, options)
    this.layout = metaLayout(this.config.lustre.metaBasepath)
    makeMetaFolders(this.layout)
    const workers = options.workers ?? 2
    const snapshots = simStore(this.sim)
    this.context = {
      config: this.config,
      layout: this.layout,
      lustre: nativeLustre(openLustreapi(this.sim.library), 16),
      // These snapshots are made without canaries.
      proof: { examine: async () => this.doubts },
      snapshots,
      mounts: simMounts(this.sim, join(this.folder, 'snap')),
      log: silentLog,
      signal: new AbortController().signal,
      software: '0.0.0',
      reachBytes: options.reachBytes ?? REACH_BYTES,
      entriesInMemory: options.entriesInMemory ?? 1_000_000,
      pools: {
        reduce: (settings: Parameters<typeof createReduceJob>[0]) => inlinePool(createReduceJob, settings, workers),
        map: (settings: Parameters<typeof createMapJob>[0]) => inlinePool(createMapJob, settings, workers),
      },
      history: options.history ?? HISTORY_LIMITS,
      progress: () => undefined,
      elapsedSeconds: () => 0,
      nowSeconds: () => Number(this.#now / 1_000_000_000n),
    }
  }

  #create(mount: string, options: SourceSiteOptions): Lustresim {
    const sim = Lustresim.create(join(this.folder, 'lustre'), {
      filesystems: [{ name: 'src', mdts: options.mdts ?? 2, osts: 2 }],
      ...(options.mounts && { mounts: options.mounts }),
      now: () => this.#now,
    })
    sim.fs('src').registerChangelog()
    if (options.dataPath) sim.fs('src').mkdir(options.dataPath)
    sim.mount('src', mount)
    return sim
  }

  advance(seconds: number): void {
    this.#now += BigInt(seconds) * 1_000_000_000n
  }

  /** Takes a snapshot, an hour and a bit later unless told otherwise, so that nothing is young. Gives its timestamp. */
  snapshot(afterSeconds = 4000): number {
    this.advance(afterSeconds)
    const timestamp = this.context.nowSeconds()
    this.fs.snapshot(`src-backup-${timestamp}`)
    return timestamp
  }

  map(request: Partial<MapRequest> = {}): Promise<MapResult> {
    this.sim.flush()
    return runSourceMap(this.context, { full: false, snapshot: null, dryRun: false, ...request })
  }

  init() {
    this.sim.flush()
    return runSourceInit(this.context)
  }

  look() {
    this.sim.flush()
    return runSourceLook(this.context)
  }

  done(timestamp: number, owed: readonly Fid[] = []) {
    return runSourceDone(this.context, timestamp, owed)
  }

  abort() {
    return runSourceAbort({ ...this.context, sleep: async () => undefined })
  }

  /** A whole backup whose target does its part: snapshot, map, init, done. */
  async backup(owed: readonly Fid[] = []): Promise<ShownMap> {
    const timestamp = this.snapshot()
    await this.map()
    const shown = await this.show(timestamp)
    await this.init()
    await this.done(timestamp, owed)
    return shown
  }

  /** The map of a snapshot: its header, checked against its parts, and its lines in short. */
  async show(timestamp: number): Promise<ShownMap> {
    const { folder, header } = loadMap(this.layout, timestamp)!
    await checkParts(folder, header.parts)
    const lines: string[] = []
    for (const kind of Object.keys(SHOW) as PartKind[]) lines.push(...(await this.#linesOf(folder, header, kind)))
    return { header, lines: lines.toSorted() }
  }

  async #linesOf<K extends PartKind>(folder: string, header: MapHeader, kind: K): Promise<string[]> {
    const lines: string[] = []
    for (const part of partsOf(header, kind)) {
      for await (const batch of readPart(folder, { ...part, kind }))
        lines.push(...batch.map((entry) => `${kind} ${SHOW[kind](entry, this)}`))
    }
    return lines
  }

  /** A name for a FID in messages: a path that the live file system has for it, or the FID. */
  nameOf(fid: Fid): string {
    const found = this.fs.tree().find((entry) => entry.fid === fid)
    return found === undefined ? fid : found.path.toString()
  }

  close(): void {
    this.sim.destroy()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export interface ShownMap {
  readonly header: MapHeader
  readonly lines: readonly string[]
}

type Show = { readonly [K in PartKind]: (entry: PartEntries[K], site: SourceSite) => string }

const SHOW: Show = {
  remove: ({ path, type, tree }) => `${type} ${path}${tree ? ' and all below' : ''}`,
  move: ({ path, to }) => `${path} to ${to}`,
  mkdir: ({ path }) => `${path}`,
  place: ({ path, from }) => `${path} from ${from}`,
  link: ({ path, to }) => `${path} to ${to}`,
  data: ({ path, created, links, size, type, released }) =>
    `${type} ${path}${created ? ' new' : ''} ${size}${links.map((link) => ` and ${link}`).join('')}${released ? ' released' : ''}`,
  attr: ({ path, mode, released }) => `${path} ${mode.toString(8)}${released ? ' released' : ''}`,
  compare: (entry) =>
    entry.kind === 'entry'
      ? `${entry.node.type} ${entry.node.path} ${entry.node.size}${entry.same ? ' same' : ''}${entry.node.released ? ' released' : ''}`
      : `${entry.kind} ${entry.path}${entry.kind === 'end' ? ` ${entry.entryCount}` : ''}`,
  hardlink: ({ path, links, same, released }) =>
    `${path}${links.map((link) => ` and ${link}`).join('')}${same ? ' same' : ''}${released ? ' released' : ''}`,
  unreachable: ({ fid }, site) => site.nameOf(fid),
  recheck: ({ fid }, site) => site.nameOf(fid),
  opener: ({ fid, openCount }, site) => `${site.nameOf(fid)} x${openCount}`,
}

function configOf(sim: Lustresim, folder: string, mount: string, options: SourceSiteOptions): Config {
  const mdts = sim
    .fs('src')
    .mdtNames()
    .map((name) => name.slice('src-'.length))
  return {
    file: '',
    global: { logdir: folder, logfile: 'log', loglevel: 'info' },
    lustre: {
      fsname: 'src',
      nid: '10.0.0.1@tcp',
      mgs: [],
      mdts,
      changelogUsers: mdts.map(() => 'cl1'),
      dataMount: mount,
      dataPath: join(mount, options.dataPath ?? ''),
      metaBasepath: options.stateOutside ? join(folder, 'state') : join(mount, options.metaPath ?? '.lustrebackup'),
      snapshotHome: join(folder, 'snap'),
      snapshotCreateRetries: 0,
      snapshotMountOpts: [],
      dataMountOpts: [],
      largefileSizeBytes: 1n << 30n,
      hugefileSizeBytes: 1n << 40n,
      flushSeconds: 60,
      mgsCommands: 'lctl',
      liblustreapi: sim.library,
      ...options.lustre,
    },
    source: { host: '', conf: '' },
    monitoring: { metricsDir: '', heartbeatUrl: '', hookBefore: [], hookAfter: [], hookFailure: [], hookTimeoutSeconds: 60 },
    backup: {
      rsyncCommand: '',
      checksumChoice: 'xxh128',
      onChangelogGap: 'fail',
      // A slice of the tree in every map would hide what a test is about.
      compareDays: 0,
      maxChangePercent: null,
      maxErrors: null,
      snapshotBackend: 'lustre',
      ...options.backup,
    },
    system: { nprocs: 1, sysMemoryFactor: 0, userMemoryFactor: 0, sshConfig: '', commandPath: '' },
  }
}

/** The MGS of the simulator, asked without its programs. */
function simStore(sim: Lustresim): SnapshotStore {
  const snapshots = () => sim.fs('src').snapshots
  const find = (name: string) =>
    snapshots()
      .list()
      .find((info) => info.name === name)
  return {
    list: async () =>
      snapshots()
        .list()
        .map(snapshotOf)
        .toSorted((a, b) => b.timestamp - a.timestamp),
    pieces: async () => null,
    create: async (name) => void snapshots().create(name),
    mount: async (name) => void (find(name)?.mounted || snapshots().mount(name)),
    umount: async (name) => {
      if (find(name)?.mounted) snapshots().umount(name)
    },
    destroy: async (name, force) => snapshots().destroy(name, force),
  }
}

function snapshotOf(info: { name: string; fsname: string; createSeconds: number; comment: string | null; mounted: boolean }): Snapshot {
  const ours = /^src-backup-([0-9]+)$/.exec(info.name)
  return {
    name: info.name,
    fsname: 'src',
    snapshotFsname: info.fsname,
    timestamp: ours === null ? info.createSeconds : Number(ours[1]),
    createTime: '',
    modifyTime: '',
    comment: info.comment,
    mounted: info.mounted,
    ours: ours !== null,
  }
}

/** Client mounts of the simulator. */
function simMounts(sim: Lustresim, home: string): SnapshotMounts {
  mkdirSync(home, { recursive: true })
  const store = simStore(sim)
  const pointOf = ({ name }: Snapshot, postfix: string) => join(home, `${name}.${postfix}`)
  const isMounted = (point: string) => sim.mounts().some(({ target }) => target === point)
  const postfixes = async (snapshot: Snapshot) =>
    sim.mounts().flatMap(({ target }) => (target.startsWith(pointOf(snapshot, '')) ? [target.slice(pointOf(snapshot, '').length)] : []))
  return {
    mount: async (snapshot, postfix) => {
      const point = pointOf(snapshot, postfix)
      if (isMounted(point)) return point
      await store.mount(snapshot.name)
      sim.mount(snapshot.snapshotFsname, point, ['ro', 'user_xattr'])
      return point
    },
    umount: async (snapshot, postfix) => {
      if (isMounted(pointOf(snapshot, postfix))) sim.umount(pointOf(snapshot, postfix))
      if ((await postfixes(snapshot)).length === 0) await store.umount(snapshot.name)
    },
    postfixes,
    point: pointOf,
  }
}
