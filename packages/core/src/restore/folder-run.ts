import { setAttributes } from '../attributes/set-attributes.js'
import { LustrebackupError } from '../errors/errors.js'
import { readXattrs } from '../filediff/xattrs.js'
import { plainPath } from '../types/plain-path.js'
import { InFlight } from '../workers/in-flight.js'
import { attributesDiffer } from './attributes-differ.js'
import { failureInWords, isEntryFailure } from './failure-words.js'
import { type PlannedEntry, planFolder, staleScratchIn } from './folder-look-run.js'
import { hasLinks, LinkGroups } from './link-groups.js'
import { makeSpecial } from './make-special.js'
import { PRIVATE_MODE, RestoreFolder } from './restore-folder.js'
import type { RestorePorts, RestoreResult } from './restore-ports.js'
import { RestoreTally } from './restore-tally.js'
import { type Selection, selectionOf } from './selection-plan.js'

const ROOT = Buffer.alloc(0)
/** Entries of a folder that are under way for each thread: one is copied while the next one is prepared. */
const ENTRIES_PER_THREAD = 2

/** Restores folder by folder. Of each, files come first, several at a time, then further links, then the folders in it, then its own attributes. */
export class FolderRestorer {
  readonly #groups = new LinkGroups()
  readonly #tally: RestoreTally

  constructor(
    private readonly ports: RestorePorts,
    /** The folder that everything is restored into. */
    private readonly top: number,
  ) {
    this.#tally = new RestoreTally(ports.log, ports.onEntry)
  }

  result(): RestoreResult {
    return this.#tally.result()
  }

  async restore(path: Buffer, selection: Selection, folder: RestoreFolder): Promise<void> {
    const { api, signal } = this.ports
    signal.throwIfAborted()
    for (const name of await staleScratchIn(api, folder.fd)) await this.#attempt(path, async () => folder.removeStale(name))
    const plan = await planFolder(this.ports, path, selection, folder.fd)
    for (const { path: failed, reason } of plan.failures) this.#tally.fail(failed, reason)
    const isFolder = ({ entry }: PlannedEntry) => entry.stat.type === 'd'
    await this.#restoreEntries(
      plan.entries.filter((one) => !isFolder(one)),
      folder,
    )
    for (const one of plan.entries.filter(isFolder)) {
      await this.#attempt(one.path, () => this.#restoreFolder(one, selectionOf(selection, one.path)!, folder))
    }
    folder.clear()
    if (folder.unfinished || (selection.all && this.ports.overwrite === 'always')) {
      await this.#attempt(path, async () => this.#finishFolder(path, selection, folder))
    }
  }

  async #restoreEntries(entries: readonly PlannedEntry[], folder: RestoreFolder): Promise<void> {
    const work = new InFlight(this.ports.pool.size * ENTRIES_PER_THREAD)
    try {
      for (const one of entries) {
        this.ports.signal.throwIfAborted()
        if (!hasLinks(one.entry.stat)) await work.start(() => this.#attempt(one.path, () => this.#restoreEntry(one, folder)))
      }
    } finally {
      await work.drain()
    }
    for (const one of entries) {
      this.ports.signal.throwIfAborted()
      if (hasLinks(one.entry.stat)) await this.#attempt(one.path, () => this.#restoreLinked(one, folder))
    }
  }

  async #restoreEntry(one: PlannedEntry, folder: RestoreFolder): Promise<void> {
    const { action } = one
    switch (action.kind) {
      case 'create':
      case 'replace':
        return this.#make(one, folder, action.kind === 'replace')
      case 'compare':
        return (await this.#isSame(one, folder)) ? this.#tally.count({ same: 1 }) : this.#make(one, folder, true)
      case 'same':
        return this.#tally.count({ same: 1 })
      case 'keep':
        return this.#tally.count({ kept: 1 })
      case 'refuse':
        return this.#tally.fail(one.path, action.reason)
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
    if (isLinked) this.#tally.count({ same: 1 })
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
    this.#tally.count(there === null ? { created: 1 } : { replaced: 1 })
  }

  async #make(one: PlannedEntry, folder: RestoreFolder, replace: boolean): Promise<void> {
    const staged = folder.stage()
    const isFile = one.entry.stat.type === 'f'
    if (isFile) await this.#copy(one, folder.scratch(), staged)
    else {
      const wrong = makeSpecial(this.ports.api, { ...this.ports, ...one }, folder.scratch(), staged)
      if (wrong !== null) throw new LustrebackupError('RESTORE_WRONG', `it did not become what it is in the backup: ${wrong}`)
    }
    folder.place(staged, one.name, replace)
    const size = isFile ? { files: 1, bytes: one.entry.stat.size } : {}
    this.#tally.count({ ...(replace ? { replaced: 1 } : { created: 1 }), ...size })
  }

  async #copy(one: PlannedEntry, scratch: number, staged: Buffer): Promise<void> {
    const output = await this.ports.pool.run({ kind: 'copy', ...this.#fromOf(one), folder: scratch, name: staged })
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

  async #restoreFolder(one: PlannedEntry, selection: Selection, parent: RestoreFolder): Promise<void> {
    const { api, owner, forbidden } = this.ports
    const { action, name, there } = one
    if (action.kind === 'refuse') return this.#tally.fail(one.path, action.reason)
    if (there !== null && forbidden.has(`${there.stat.dev}:${there.stat.ino}`)) {
      return this.#tally.fail(one.path, 'the folder at its place belongs to the backup itself')
    }
    const folder = action.kind === 'enter' ? RestoreFolder.open(api, parent.fd, name, owner) : this.#makeFolder(one, parent)
    try {
      await this.restore(one.path, selection, folder)
    } finally {
      folder.close()
    }
  }

  #makeFolder({ name, action }: PlannedEntry, parent: RestoreFolder): RestoreFolder {
    const putBack = action.kind === 'replace' ? parent.setAside(name) : () => undefined
    try {
      const folder = parent.make(name)
      this.#tally.count({ ...(action.kind === 'replace' ? { replaced: 1 } : { created: 1 }), folders: 1 })
      return folder
    } catch (error) {
      putBack()
      throw error
    }
  }

  /** The folder that everything is restored into is nobody's in the backup unless all of that is wanted: then it is left as it was asked for. */
  #finishFolder(path: Buffer, selection: Selection, folder: RestoreFolder): void {
    const { api, source } = this.ports
    if (path.length === 0 && !selection.all) {
      api.chmod(folder.fd, ROOT, PRIVATE_MODE)
      return
    }
    const { uid, gid, mode, mtimeNs } = api.lstat(source, path)
    const now = api.lstat(folder.fd, ROOT)
    // Its owner may have put a folder of somebody else here: that must not become his.
    if (!folder.unfinished && now.uid !== uid) {
      this.#tally.fail(path, `the folder that is there belongs to user ${now.uid} and not ${uid}: its attributes stay as they are`)
      return
    }
    setAttributes(api, folder.fd, ROOT, { uid, gid, mode: mode & 0o7777, mtimeNs }, readXattrs(api, source, path))
    const wrong = attributesDiffer(api, { root: source, path }, { root: folder.fd, path: ROOT })
    if (wrong !== null) this.#tally.fail(path, `the folder did not become what it is in the backup: ${wrong}`)
  }

  /** Runs what may fail for one entry without stopping the others. */
  async #attempt(path: Buffer, action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (error) {
      this.ports.signal.throwIfAborted()
      if (error instanceof LustrebackupError && error.code === 'RESTORE_FULL') throw error
      if (!isEntryFailure(error)) throw error
      this.#tally.fail(path, failureInWords(error))
    }
  }
}

function noRoom(path: Buffer): LustrebackupError {
  return new LustrebackupError('RESTORE_FULL', `restoring ${plainPath(path)}: there is no room left`, {
    hint: 'Make room (or raise the quota), then run the same command again: it goes on where it stopped.',
  })
}
