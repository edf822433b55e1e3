import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SimFilesystem } from '../filesystem.js'
import { Lustresim, NID } from '../sim.js'
import { type ShimServer, startShimServer } from '../start-shim-server.js'
import { compareTrees, type TreeComparison } from './compare-trees.js'
import { startSshd, type TestSshd } from './sshd.js'

export interface SiteOptions {
  /** Where lustrebackup is installed: the site runs its commands as an administrator would. */
  readonly prefix: string
  /** MDTs of the source; the target has one. */
  readonly mdts?: number
  /** More lines for the configuration files, by section. */
  readonly sourceSettings?: Settings
  readonly targetSettings?: Settings
  readonly now?: () => bigint
}

export type Settings = Readonly<Record<string, Readonly<Record<string, string>>>>

export interface CommandResult {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  readonly seconds: number
}

/** One host of the site: its configuration, and the folders that this names. */
export interface Host {
  readonly conf: string
  readonly mount: string
  readonly dataPath: string
  readonly metaBasepath: string
  readonly snapshotHome: string
  readonly logdir: string
  readonly filesystem: SimFilesystem
}

/**
 * A whole backup site in a temporary folder: a simulated source file system and a simulated target, each mounted and configured as on a real node,
 * and a real sshd on a loopback port that lets the target in to the forced command of the source, and to nothing else.
 */
export class Site {
  private constructor(
    readonly folder: string,
    readonly prefix: string,
    readonly sim: Lustresim,
    readonly source: Host,
    readonly target: Host,
    readonly sshd: TestSshd,
    private readonly shims: ShimServer,
  ) {}

  static async create(options: SiteOptions): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), 'lustrebackup-site-'))
    chmodSync(folder, 0o755)
    const filesystems = [
      { name: 'src', mdts: options.mdts ?? 1, osts: 2 },
      { name: 'dst', mdts: 1, osts: 1 },
    ]
    const sim = Lustresim.create(join(folder, 'lustre'), { filesystems, ...(options.now && { now: options.now }) })
    const source = makeHost(sim, folder, 'source', 'src', '')
    const target = makeHost(sim, folder, 'target', 'dst', 'backup')
    sim.fs('src').registerChangelog()
    sim.flush()
    const validator = join(options.prefix, 'bin/lustrebackup_ssh_command_validator.sh')
    const sshd = await startSshd({ forcedCommand: `${validator} -c ${source.conf}`, authorizedKeysOptions: ['restrict'] })
    const mdts = sim.fs('src').mdtNames().join(', ')
    writeConf(source, sim, { LUSTRE: { mdt: mdts, changelog_user: 'cl1' } }, options.sourceSettings)
    const sourceKeys = { SOURCE: { host: 'source', conf: source.conf }, SYSTEM: { ssh_config: sshd.clientConfigFile, nprocs: '2' } }
    writeConf(target, sim, sourceKeys, options.targetSettings)
    return new Site(folder, options.prefix, sim, source, target, sshd, await startShimServer(sim.paths.root))
  }

  /** Runs an installed command in the environment that cron gives. */
  run(host: Host, command: string, ...args: readonly string[]): Promise<CommandResult> {
    return this.start(host, command, ...args).result
  }

  /** Starts an installed command; the caller waits for its result. */
  start(host: Host, command: string, ...args: readonly string[]): RunningCommand {
    return startCommand(join(this.prefix, 'bin', command), ['-c', host.conf, ...args])
  }

  /** Runs `lustrebackup.sh COMMAND`, as a line of a crontab does. */
  runFromCron(host: Host, command: string, ...args: readonly string[]): Promise<CommandResult> {
    const environment = { LOGDIR: host.logdir }
    return runCommand(join(this.prefix, 'bin/lustrebackup.sh'), [command, '-c', host.conf, ...args], environment)
  }

  /** Compares the newest snapshot of the source, as the servers hold it, with the tree of the target. */
  compare(): Promise<TreeComparison> {
    const { core } = this.source.filesystem
    const newest = this.source.filesystem.snapshots.list()[0]
    if (newest === undefined) throw new Error('the source has no snapshot to compare with')
    return compareTrees(core.paths.snapshot(newest.fsname).tree, this.target.dataPath, { exclude: ['.lustrebackup'] })
  }

  /** Ends sshd, unmounts, and with `keep` leaves the files. */
  async close(keep = false): Promise<void> {
    await this.sshd.close()
    await this.shims.close()
    if (keep) for (const { target } of this.sim.mounts().toReversed()) this.sim.umount(target)
    else this.sim.destroy()
    if (!keep) rmSync(this.folder, { recursive: true, force: true })
  }
}

function makeHost(sim: Lustresim, folder: string, role: string, fsname: string, dataFolder: string): Host {
  const base = join(folder, role)
  const mount = join(base, 'mnt')
  const host = {
    conf: join(base, 'lustrebackup.conf'),
    mount,
    dataPath: join(mount, dataFolder),
    metaBasepath: join(mount, '.lustrebackup'),
    snapshotHome: join(base, 'snap'),
    logdir: join(base, 'log'),
    filesystem: sim.fs(fsname),
  }
  for (const made of [mount, host.snapshotHome, host.logdir]) mkdirSync(made, { recursive: true })
  sim.mount(fsname, mount)
  mkdirSync(host.dataPath, { recursive: true })
  return host
}

function writeConf(host: Host, sim: Lustresim, keys: Settings, more: Settings = {}): void {
  const base: Settings = {
    GLOBAL: { logdir: host.logdir, logfile: 'lustrebackup.log', loglevel: 'info' },
    LUSTRE: {
      fsname: host.filesystem.name,
      nid: NID,
      mgs: '',
      data_mount: host.mount,
      data_path: host.dataPath,
      meta_basepath: host.metaBasepath,
      snapshot_home: host.snapshotHome,
      liblustreapi: sim.library,
    },
    SYSTEM: { command_path: `${sim.bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin` },
  }
  const sections = new Map<string, Map<string, string>>()
  for (const settings of [base, keys, more]) {
    for (const [section, values] of Object.entries(settings)) {
      const known = sections.get(section) ?? new Map<string, string>()
      for (const [key, value] of Object.entries(values)) known.set(key, value)
      sections.set(section, known)
    }
  }
  const lines = [...sections].flatMap(([section, values]) => [
    `[${section}]`,
    ...Array.from(values, ([key, value]) => `${key} = ${value}`),
    '',
  ])
  writeFileSync(host.conf, lines.join('\n'), { mode: 0o600 })
}

/** A command that runs. */
export interface RunningCommand {
  readonly pid: number
  readonly result: Promise<CommandResult>
}

/** Runs a program in the environment that cron gives. Its output is collected; it is never given a terminal. */
export function runCommand(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  return startCommand(program, args, environment).result
}

/** The same, for those who want to do something to it meanwhile. */
export function startCommand(program: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): RunningCommand {
  const started = process.hrtime.bigint()
  const bare = { PATH: '/usr/bin:/bin', HOME: process.env.HOME ?? '/', SHELL: '/bin/sh', LOGNAME: process.env.LOGNAME ?? 'root' }
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...bare, ...environment } })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
  })
  const result = new Promise<CommandResult>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode) => resolve({ exitCode, ...output, seconds: Number(process.hrtime.bigint() - started) / 1e9 }))
  })
  return { pid: child.pid ?? 0, result }
}
