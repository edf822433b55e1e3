import { LustrebackupError } from '../errors/errors.js'
import { plainPath } from '../types/plain-path.js'
import { InFlight } from '../workers/in-flight.js'
import type { PlannedEntry } from './folder-look-run.js'
import { hasLinks, LinkGroups } from './link-groups.js'
import { makeSpecial } from './make-special.js'
import type { RestoreFolder } from './restore-folder.js'
import type { RestorePorts } from './restore-ports.js'
import type { RestoreTally } from './restore-tally.js'

/** Entries of a folder that are under way for each thread: one is copied while the next one is prepared. */
const ENTRIES_PER_THREAD = 2
/** Files that come to their places together, and the size from which one does not wait for others. */
const BATCH = 512
const SMALL_BYTES = 1024n * 1024n
/** So few files are synced one by one: to sync a whole file system may take long. */
const FEW = 8

/** A file that is complete in the scratch folder. */
interface StagedFile {
  readonly one: PlannedEntry
  readonly staged: Buffer
  readonly replace: boolean
}

/** Restores what is no folder: files by threads, several at a time, then what has several links. */
export class EntryRestorer {
  readonly #groups = new LinkGroups()

  constructor(
    private readonly ports: RestorePorts,
    private readonly tally: RestoreTally,
    /** The folder that everything is restored into. */
    private readonly top: number,
  ) {}

  async restore(entries: readonly PlannedEntry[], folder: RestoreFolder): Promise<void> {
    const plain = entries.filter(({ entry }) => !hasLinks(entry.stat))
    for (let start = 0; start < plain.length; start += BATCH) await this.#restoreBatch(plain.slice(start, start + BATCH), folder)
    for (const one of entries) {
      this.ports.signal.throwIfAborted()
      if (hasLinks(one.entry.stat)) await this.#attempt(one.path, () => this.#restoreLinked(one, folder))
    }
  }

  /** Small files come to their places together, after one sync for all: no file ever has its name before its content is on disk. */
  async #restoreBatch(entries: readonly PlannedEntry[], folder: RestoreFolder): Promise<void> {
    const { pool, signal, api } = this.ports
    const waiting: StagedFile[] | null = entries.length > FEW ? [] : null
    await InFlight.run(pool.size * ENTRIES_PER_THREAD, async (work) => {
      for (const one of entries) {
        signal.throwIfAborted()
        await work.start(() => this.#attempt(one.path, () => this.#restoreEntry(one, folder, waiting)))
      }
    })
    if (waiting === null || waiting.length === 0) return
    await api.syncfs(folder.scratch())
    for (const file of waiting) await this.#attempt(file.one.path, async () => this.#place(file, folder))
  }

  async #restoreEntry(one: PlannedEntry, folder: RestoreFolder, waiting: StagedFile[] | null = null): Promise<void> {
    const { action } = one
    switch (action.kind) {
      case 'create':
      case 'replace':
        return this.#make(one, folder, action.kind === 'replace', waiting)
      case 'compare':
        return (await this.#isSame(one, folder)) ? this.tally.count({ same: 1 }) : this.#make(one, folder, true, waiting)
      case 'same':
        return this.tally.count({ same: 1 })
      case 'keep':
        return this.tally.count({ kept: 1 })
      case 'refuse':
        return this.tally.fail(one.path, action.reason)
      case 'enter':
        throw new Error('only folders are entered')
    }
  }

  /** One of several links: the first that is restored, or is there with the same content, is a file like any other, the others become links to it. */
  async #restoreLinked(one: PlannedEntry, folder: RestoreFolder): Promise<void> {
    const { api, overwrite } = this.ports
    const { entry, there, action, name } = one
    const first = this.#groups.firstOf(entry.stat)
    const isLinked = first !== null && there !== null && there.stat.ino === first.ino && there.stat.dev === first.dev
    const mayLink = action.kind === 'create' || action.kind === 'replace' || action.kind === 'compare' || overwrite === 'always'
    if (isLinked) this.tally.count({ same: 1 })
    else if (first !== null && mayLink && action.kind !== 'refuse') this.#link(first, one, folder)
    else await this.#restoreEntry(one, folder)
    const isRestored =
      isLinked || (action.kind === 'same' ? await this.#isSame(one, folder) : action.kind !== 'keep' && action.kind !== 'refuse')
    const placed = isRestored ? api.lstat(folder.fd, name) : null
    this.#groups.add(entry.stat, placed && { path: one.path, dev: placed.dev, ino: placed.ino })
  }

  #link(first: { path: Buffer; ino: bigint }, { name, there }: PlannedEntry, folder: RestoreFolder): void {
    const { api } = this.ports
    const staged = folder.stage()
    api.link(this.top, first.path, folder.scratch(), staged)
    if (api.lstat(folder.scratch(), staged).ino !== first.ino)
      throw new LustrebackupError('RESTORE_CHANGED', 'its first link was changed meanwhile')
    folder.place(staged, name, there !== null)
    this.tally.count(there === null ? { created: 1 } : { replaced: 1 })
  }

  async #make(one: PlannedEntry, folder: RestoreFolder, replace: boolean, waiting: StagedFile[] | null): Promise<void> {
    const { stat } = one.entry
    const file = { one, staged: folder.stage(), replace }
    if (stat.type === 'f') {
      const waits = waiting !== null && stat.size < SMALL_BYTES
      await this.#copy(one, folder.scratch(), file.staged, !waits)
      if (waits) {
        waiting.push(file)
        return
      }
    } else {
      const wrong = makeSpecial(this.ports.api, { ...this.ports, ...one }, folder.scratch(), file.staged)
      if (wrong !== null) throw new LustrebackupError('RESTORE_WRONG', `it did not become what it is in the backup: ${wrong}`)
    }
    this.#place(file, folder)
  }

  #place({ one, staged, replace }: StagedFile, folder: RestoreFolder): void {
    const { type, size } = one.entry.stat
    folder.place(staged, one.name, replace)
    this.tally.count({ ...(replace ? { replaced: 1 } : { created: 1 }), ...(type === 'f' ? { files: 1, bytes: size } : {}) })
  }

  async #copy(one: PlannedEntry, scratch: number, staged: Buffer, sync: boolean): Promise<void> {
    const output = await this.ports.pool.run({ kind: 'copy', ...this.#fromOf(one), folder: scratch, name: staged, sync })
    if (output.kind === 'copied') return
    if (output.kind !== 'failed') throw new Error(`a copy ended as ${output.kind}`)
    if (output.full) throw noRoom(one.path)
    throw new LustrebackupError('RESTORE_COPY', output.reason)
  }

  async #isSame(one: PlannedEntry, folder: RestoreFolder): Promise<boolean> {
    if (one.entry.stat.type !== 'f') return true
    const output = await this.ports.pool.run({ kind: 'compare', ...this.#fromOf(one), folder: folder.fd, name: one.name })
    return output.kind === 'same'
  }

  #fromOf({ path, entry }: PlannedEntry) {
    const { uid, gid, mode, mtimeNs, size } = entry.stat
    return { root: this.ports.source, path, size, attributes: { uid, gid, mode, mtimeNs } }
  }

  #attempt(path: Buffer, action: () => Promise<void>): Promise<void> {
    return this.tally.attempt(path, this.ports.signal, action)
  }
}

function noRoom(path: Buffer): LustrebackupError {
  return new LustrebackupError('RESTORE_FULL', `restoring ${plainPath(path)}: there is no room left`, {
    hint: 'Make room (or raise the quota), then run the same command again: it goes on where it stopped.',
  })
}
