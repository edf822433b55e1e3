import type { PartEntries, PartKind } from '@lustrebackup/core/backupmap/backupmap-types'
import { loadMap } from '@lustrebackup/core/backupmap/map-folder'
import { partsOf, readPart } from '@lustrebackup/core/backupmap/map-reader'
import { basenameOf, dirnameOf } from '@lustrebackup/core/types/path-bytes'
import type { SourceSite } from './source-site.js'

interface ModelNode {
  readonly fid: string
  /** null for anything but a directory. */
  readonly children: Map<string, ModelNode> | null
}

/**
 * A target in memory that believes every line of a map: names and identities of a tree, and which objects had their data or attributes sent.
 * It throws where a line cannot be carried out, as when there is nothing to move.
 */
export class ModelTarget {
  readonly #root: ModelNode = { fid: 'root', children: new Map() }
  readonly #staged = new Map<string, ModelNode>()
  /** Since the last `apply`. */
  readonly dataSent = new Set<string>()
  readonly attributesSent = new Set<string>()

  /** Path to FID, of everything; `newest` tells the FID that an inode has now. */
  paths(newest: (fid: string) => string): Map<string, string> {
    const paths = new Map<string, string>()
    const visit = (node: ModelNode, path: string) => {
      for (const [name, child] of node.children ?? []) {
        const childPath = path === '' ? name : `${path}/${name}`
        paths.set(childPath, newest(child.fid))
        visit(child, childPath)
      }
    }
    visit(this.#root, '')
    return paths
  }

  /** Works an incremental map off in the order of the phases. */
  async apply(site: SourceSite, timestamp: number): Promise<void> {
    this.dataSent.clear()
    this.attributesSent.clear()
    const read = <K extends PartKind>(kind: K) => entriesOf(site, timestamp, kind)
    const out = [...(await read('remove')).map((entry) => ({ ...entry, to: null })), ...(await read('move'))]
    for (const { path, fid, to } of out.toSorted((a, b) => depth(b.path) - depth(a.path))) {
      const node = this.#take(path)
      if (to === null && node.children !== null && node.children.size > 0) throw new Error(`${path} is removed, but not empty`)
      if (to !== null) this.#staged.set(fid, node)
    }
    const into = [...(await read('mkdir')).map((entry) => ({ ...entry, from: null })), ...(await read('place'))]
    for (const { path, fid, from } of into.toSorted((a, b) => depth(a.path) - depth(b.path))) {
      this.#put(path, from === null ? { fid, children: new Map() } : this.#unstage(fid))
    }
    if (this.#staged.size > 0) throw new Error('the staging folder is not empty')
    const data = await read('data')
    for (const { path, fid, created, links } of data) {
      const node: ModelNode = { fid, children: null }
      if (created) for (const one of [path, ...links]) this.#put(one, node)
      else this.#find(path)
      this.dataSent.add(fid)
    }
    for (const { path, to } of await read('link')) this.#put(path, this.#find(to))
    for (const { path, fid } of await read('attr')) {
      if (path.length > 0) this.#find(path)
      this.attributesSent.add(fid)
    }
  }

  /** The first full map: everything is new. */
  async load(site: SourceSite, timestamp: number): Promise<void> {
    const entries = (await entriesOf(site, timestamp, 'compare')).flatMap((entry) => (entry.kind === 'entry' ? [entry.node] : []))
    const files = new Map<string, ModelNode>()
    for (const { fid, path, type } of entries.toSorted((a, b) => depth(a.path) - depth(b.path))) {
      const node = files.get(fid) ?? { fid, children: type === 'd' ? new Map() : null }
      files.set(fid, node)
      this.#put(path, node)
    }
  }

  #find(path: Buffer): ModelNode {
    let node = this.#root
    for (const name of path.length === 0 ? [] : path.toString('latin1').split('/')) {
      const child = node.children?.get(name)
      if (child === undefined) throw new Error(`there is no ${path}`)
      node = child
    }
    return node
  }

  #take(path: Buffer): ModelNode {
    const node = this.#find(path)
    this.#find(dirnameOf(path)).children!.delete(basenameOf(path).toString('latin1'))
    return node
  }

  #put(path: Buffer, node: ModelNode): void {
    const { children } = this.#find(dirnameOf(path))
    const name = basenameOf(path).toString('latin1')
    if (children === null || children.has(name)) throw new Error(`${path} is in the way`)
    children.set(name, node)
  }

  #unstage(fid: string): ModelNode {
    const node = this.#staged.get(fid)
    if (node === undefined) throw new Error(`${fid} is placed, but was not staged`)
    this.#staged.delete(fid)
    return node
  }
}

const depth = (path: Buffer) => path.toString('latin1').split('/').length

async function entriesOf<K extends PartKind>(site: SourceSite, timestamp: number, kind: K): Promise<PartEntries[K][]> {
  const { folder, header } = loadMap(site.layout, timestamp)!
  const entries: PartEntries[K][] = []
  for (const part of partsOf(header, kind)) for await (const batch of readPart(folder, { ...part, kind })) entries.push(...batch)
  return entries
}
