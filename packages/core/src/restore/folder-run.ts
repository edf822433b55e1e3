import { setAttributes } from '../attributes/set-attributes.js'
import { readXattrs } from '../filediff/xattrs.js'
import { attributesDiffer } from './attributes-differ.js'
import { EntryRestorer } from './entry-run.js'
import { type PlannedEntry, planFolder, staleScratchIn } from './folder-look-run.js'
import { PRIVATE_MODE, RestoreFolder } from './restore-folder.js'
import type { RestorePorts, RestoreResult } from './restore-ports.js'
import { RestoreTally } from './restore-tally.js'
import { type Selection, selectionOf } from './selection-plan.js'

const ROOT = Buffer.alloc(0)

/** Restores folder by folder. Of each, files come first, several at a time, then further links, then the folders in it, then its own attributes. */
export class FolderRestorer {
  readonly #tally: RestoreTally
  readonly #entries: EntryRestorer

  constructor(
    private readonly ports: RestorePorts,
    /** The folder that everything is restored into. */
    top: number,
  ) {
    this.#tally = new RestoreTally(ports.log, ports.onEntry)
    this.#entries = new EntryRestorer(ports, this.#tally, top)
  }

  /** Restores what is selected into the folder at the top. */
  async run(selection: Selection, folder: RestoreFolder): Promise<RestoreResult> {
    await this.#attempt(ROOT, () => this.#restore(ROOT, selection, folder))
    return this.#tally.result()
  }

  async #restore(path: Buffer, selection: Selection, folder: RestoreFolder): Promise<void> {
    const { api, signal } = this.ports
    signal.throwIfAborted()
    for (const name of await staleScratchIn(api, folder.fd)) await this.#attempt(path, async () => folder.removeStale(name))
    const plan = await planFolder(this.ports, path, selection, folder.fd)
    for (const { path: failed, reason } of plan.failures) this.#tally.fail(failed, reason)
    const isFolder = ({ entry }: PlannedEntry) => entry.stat.type === 'd'
    await this.#entries.restore(
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

  async #restoreFolder(one: PlannedEntry, selection: Selection, parent: RestoreFolder): Promise<void> {
    const { api, owner, forbidden } = this.ports
    const { action, name, there } = one
    if (action.kind === 'refuse') return this.#tally.fail(one.path, action.reason)
    if (there !== null && forbidden.has(`${there.stat.dev}:${there.stat.ino}`)) {
      return this.#tally.fail(one.path, 'the folder at its place belongs to the backup itself')
    }
    const folder = action.kind === 'enter' ? RestoreFolder.open(api, parent.fd, name, owner) : this.#makeFolder(one, parent)
    try {
      await this.#restore(one.path, selection, folder)
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

  #attempt(path: Buffer, action: () => Promise<void>): Promise<void> {
    return this.#tally.attempt(path, this.ports.signal, action)
  }
}
