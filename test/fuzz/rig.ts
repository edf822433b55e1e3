import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { REACH_BYTES } from '@lustrebackup/core/backupmap/area'
import { EXIT } from '@lustrebackup/core/errors/errors'
import type { BackupOutcome } from '@lustrebackup/core/target/backup-run'
import { type Owed, UNREACHABLE_REASON } from '@lustrebackup/core/transfer/owed-types'
import { compareTrees } from '@lustrebackup/lustresim/site/compare-trees'
import { SourceSite } from '../source/source-site.js'
import { fastFolder } from './fast-folder.js'
import { isBackupOperation, type Operation, type Setting } from './operations.js'
import { TargetSide } from './target-side.js'
import { Users } from './users.js'

/** A target that is not as its snapshot is, or a run that did not end as it should have. */
export class Broken extends Error {
  override name = 'Broken'
}

/** Codes of errors that say only that there is nothing to do yet. */
const EXPECTED = new Set(['SNAPSHOT_NOT_FOUND', 'MAP_MISSING', 'NOT_ACKNOWLEDGED'])

/** A whole site in one process: simulated source, real runs of both sides, real rsync without ssh. */
export class Rig {
  readonly #source: SourceSite
  readonly #target: TargetSide
  readonly #users: Users
  #loseDone: 'before' | 'after' | null = null
  /** The target's tree was changed by others since the last full map was worked off. */
  #damaged = false
  /** Data that a client holds since before the last snapshot. */
  #unflushed = { old: false, recent: false }
  backupCount = 0

  constructor(private readonly setting: Setting) {
    const dataPath = setting.area === 'folder' || setting.area === 'both' ? 'p' : ''
    this.#source = new SourceSite({ ...siteOptions(setting), dataPath, parent: fastFolder(), mounts: 'symlink' })
    const { fs, layout } = this.#source
    if (setting.area === 'excluded' || setting.area === 'both') mkdirSync(join(layout.basepath, 'x'))
    fs.flush({ reconcile: true })
    this.#users = new Users(fs, setting, (seconds) => this.#source.advance(seconds))
    this.#target = new TargetSide(this.#source.folder, this.#source.config, this.#sourceCommands(), this.#source.context.nowSeconds)
  }

  /** Tells whether the operation had an effect, as far as that is known. */
  async perform(operation: Operation): Promise<boolean> {
    if (!isBackupOperation(operation)) {
      if (operation[0] === 'sync') this.#unflushed = { old: false, recent: false }
      if (operation.at(-1) === 'unflushed') this.#unflushed.recent = true
      return this.#users.perform(operation)
    }
    switch (operation[0]) {
      case 'snapshot':
        this.#snapshot(operation[1] === 'hour')
        return true
      case 'map':
        await this.#source.map({ full: operation[1] === 'full' }).catch(ignoreExpected)
        return true
      case 'backup':
        return await this.#backup()
      case 'die-at':
        this.#target.death = { place: operation[1], count: operation[2] }
        return true
      case 'lose-done':
        this.#loseDone = operation[1]
        return true
      case 'abort':
        await this.#source.abort()
        return true
      case 'damage':
        this.#target.damage(operation[1], operation[2])
        this.#damaged = true
        return true
    }
  }

  /** Brings the target to a new snapshot, whatever state it is in, and compares. */
  async finish(): Promise<void> {
    this.#target.death = null
    this.#loseDone = null
    this.#users.close()
    this.#snapshot(true)
    await this.#source.map({ full: this.#damaged })
    for (let runs = 0; (await this.#run())?.kind !== 'nothing-to-do'; runs += 1) {
      if (runs > 3) throw new Broken('the target never comes to an end')
      await this.#source.map()
    }
  }

  close(): void {
    this.#source.close()
  }

  /** Clients write back within seconds: what they hold does not outlive a second snapshot, nor an hour. */
  #snapshot(hour: boolean): void {
    if (hour || this.#unflushed.old) this.#source.fs.sync()
    this.#unflushed = hour || this.#unflushed.old ? { old: false, recent: false } : { old: this.#unflushed.recent, recent: false }
    this.#source.snapshot(hour ? 4000 : 1)
  }

  async #backup(): Promise<boolean> {
    return (await this.#run()) !== null
  }

  async #run(): Promise<BackupOutcome | null> {
    const outcome = await this.#target.run().catch((error: unknown) => (this.#isRefusal(error) ? this.#giveUp() : ignoreExpected(error)))
    if (outcome === null || outcome.kind === 'nothing-to-do') return outcome
    this.backupCount += 1
    if (outcome.backup.kind === 'full') this.#damaged = false
    else this.#damaged ||= this.#isInexact
    if (!this.#damaged) await this.#compare(outcome)
    return outcome
  }

  /** A tree that others have emptied is no base: only a full map may follow. */
  #isRefusal(error: unknown): boolean {
    return this.#damaged && (error as { exitCode?: number }).exitCode === EXIT.fullMapNeeded
  }

  /** As the refusal advises. */
  async #giveUp(): Promise<null> {
    await this.#source.abort()
    return null
  }

  async #compare({ backup }: Extract<BackupOutcome, { kind: 'finished' }>): Promise<void> {
    const { fs } = this.#source
    const snapshot = fs.snapshots.list().find(({ name }) => name === backup.snapshotName)!
    const { tree } = fs.core.paths.snapshot(snapshot.fsname)
    const root = this.#isFolder ? join(tree, 'p') : tree
    // What is too long is named as owed, and is on the target by no name.
    const unreachable = this.#longPaths(root).filter((path) => path !== 'm' && !path.startsWith('m/'))
    const { differences } = await compareTrees(root, this.#target.data, { exclude: ['m', ...unreachable] })
    const extra = this.#longPaths(this.#target.data).map((path) => `${path}: too long`)
    const owed = backup.owed.filter(({ reason }) => unreachable.length === 0 || !reason.includes(UNREACHABLE_REASON))
    const silent = unreachable.length > 0 && owed.length === backup.owed.length ? ['nothing is said of what is too long'] : []
    const found = [...differences, ...extra, ...silent, ...owed.map(({ path, reason }) => `${path.toString('latin1')}: owed, ${reason}`)]
    if (found.length > 0) throw new Broken(`after the ${backup.kind} backup of ${backup.snapshotName}:\n  ${found.join('\n  ')}`)
  }

  /** Where paths are too long, and what is below a folder moves without a record, only a comparison with everything makes the trees equal. */
  get #isInexact(): boolean {
    return this.setting.reachBytes !== REACH_BYTES && this.setting.compareDays !== 'always'
  }

  get #isFolder(): boolean {
    return this.setting.area === 'folder' || this.setting.area === 'both'
  }

  #longPaths(root: string): string[] {
    const { reachBytes } = this.setting
    if (reachBytes === REACH_BYTES) return []
    const limit = this.#isFolder ? reachBytes - 'p/'.length : reachBytes
    return namesBelow(Buffer.from(root), '').filter((path) => path.length > limit)
  }

  #sourceCommands() {
    const source = this.#source
    return {
      init: () => source.init(),
      look: () => source.look(),
      done: async (timestamp: number, owed: readonly Owed[]) => {
        const lost = this.#loseDone
        this.#loseDone = null
        if (lost === 'before') throw new Error('the connection was lost')
        await source.done(
          timestamp,
          owed.map(({ fid }) => fid),
        )
        if (lost === 'after') throw new Error('the connection was lost')
      },
      abort: async () => void (await source.abort()),
    }
  }
}

/** Plays the operations on a new site and ends with a backup. Throws what is wrong. */
export async function play(setting: Setting, operations: readonly Operation[]): Promise<{ backupCount: number; effectiveCount: number }> {
  const rig = new Rig(setting)
  let effectiveCount = 0
  try {
    for (const operation of operations) if (await rig.perform(operation)) effectiveCount += 1
    await rig.finish()
    return { backupCount: rig.backupCount, effectiveCount }
  } finally {
    rig.close()
  }
}

function siteOptions({ area, mdts, largeBytes, compareDays, reachBytes }: Setting) {
  const metaPath = area === 'both' ? 'p/m' : 'm'
  return {
    mdts,
    stateOutside: area === 'whole' || area === 'folder',
    metaPath,
    workers: 1,
    reachBytes,
    // So few that what was touched goes to disk.
    entriesInMemory: mdts === 2 ? 3 : 1_000_000,
    lustre: { largefileSizeBytes: BigInt(largeBytes), hugefileSizeBytes: BigInt(largeBytes * 100) },
    backup: { compareDays },
  }
}

/** Paths relative to `root`, of which every byte is a character. No symlink is followed. */
function namesBelow(root: Buffer, folder: string): string[] {
  const entries = readdirSync(Buffer.concat([root, Buffer.from(`/${folder}`, 'latin1')]), { encoding: 'buffer', withFileTypes: true })
  return entries.flatMap((entry) => {
    const path = `${folder === '' ? '' : `${folder}/`}${entry.name.toString('latin1')}`
    return entry.isDirectory() ? [path, ...namesBelow(root, path)] : [path]
  })
}

function ignoreExpected(error: unknown): null {
  if (EXPECTED.has((error as { code?: string }).code ?? '')) return null
  throw error
}
