import { join } from 'node:path'
import { metaLayout } from '@lustrebackup/core/state/meta-layout'
import { type CommandResult, type Host, type RunningCommand, type Site, startCommand } from '@lustrebackup/lustresim/site/site'
import { openSite } from '../backup/backup-site.js'
import { openBooks } from './books.js'
import { Doors } from './doors.js'
import { changeCrashTree, makeCrashTree } from './quick-change.js'

/** That of the first snapshot. A name may carry any time that is over. */
const FIRST_TIMESTAMP = 1_000_000_000
const LIMITS = { LUSTRE: { largefile_size: '4096', hugefile_size: '1M', flush_seconds: '0' } }

/** The installed commands on a simulated site, each of which can be made to die. */
export class CommandSite {
  readonly doors: Doors
  #timestamp = FIRST_TIMESTAMP
  #round = 0

  private constructor(readonly site: Site) {
    this.doors = Doors.open(site)
  }

  /** A site after its first backup. */
  static async open(): Promise<CommandSite> {
    const compareAlways = { BACKUP: { compare_days: 'always' } }
    const made = new CommandSite(await openSite({ sourceSettings: { ...LIMITS, ...compareAlways }, targetSettings: LIMITS }))
    makeCrashTree(made.site.source.filesystem)
    await made.snapshot()
    await made.succeed(made.site.source, 'lustrebackup_source_map')
    await made.finish()
    return made
  }

  /** Number of the last change, which is in the names of what it made. */
  get round(): number {
    return this.#round
  }

  /** Changes the source. */
  change(): void {
    this.#round += 1
    changeCrashTree(this.site.source.filesystem, this.#round)
    this.site.source.filesystem.flush()
  }

  /** Words for the next snapshot, each a second later than the one before. */
  snapshotName(): string {
    this.#timestamp += 1
    return `src-backup-${this.#timestamp}`
  }

  /** Something to back up: a change, its snapshot, its map. */
  async somethingNew(): Promise<void> {
    this.change()
    await this.snapshot()
    await this.succeed(this.site.source, 'lustrebackup_source_map')
  }

  snapshot(): Promise<CommandResult> {
    this.site.source.filesystem.flush()
    return this.succeed(this.site.source, 'lustrebackup_snapshot_create', '-n', this.snapshotName())
  }

  /** Starts a command that obeys LUSTREBACKUP_CRASH_AT. */
  start(host: Host, command: string, args: readonly string[], order: string): RunningCommand {
    return startCommand(join(this.site.prefix, 'bin', command), ['-c', host.conf, ...args], { LUSTREBACKUP_CRASH_AT: order })
  }

  /** Runs a command that has to succeed; what runs before have left may be worth a warning. */
  async succeed(host: Host, command: string, ...args: readonly string[]): Promise<CommandResult> {
    const result = await this.site.run(host, command, ...args)
    if (result.exitCode !== 0) throw new Error(`${command} ended with ${result.exitCode}: ${result.stderr}`)
    return result
  }

  /** The same commands again, as a person or cron would, until there is nothing to do; then the trees are equal and the books are closed. */
  async finish(): Promise<void> {
    const { site } = this
    for (let runs = 0; !(await this.succeed(site.target, 'lustrebackup_target')).stdout.startsWith('nothing to do'); runs += 1) {
      if (runs > 3) throw new Error('the target never comes to an end')
      await this.succeed(site.source, 'lustrebackup_source_map')
    }
    const newest = Number(/\d+$/.exec(site.source.filesystem.snapshots.list()[0]!.name))
    const [source, target] = [metaLayout(site.source.metaBasepath), metaLayout(site.target.metaBasepath)]
    const mounted = site.sim.mounts().map(({ target: point }) => point)
    const stale = mounted.filter((point) => point !== site.source.mount && point !== site.target.mount)
    const wrong = [...(await site.compare()).differences, ...openBooks(newest, source, target, site.source.filesystem), ...stale]
    if (wrong.length > 0) throw new Error(wrong.join('\n'))
  }

  close(): Promise<void> {
    return this.site.close()
  }
}
