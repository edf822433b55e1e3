import { type Fid, parseFid, ZERO_FID } from '../../types/fid.js'
import { joinPath, type PathBytes } from '../../types/path-bytes.js'
import type { Link } from '../object-plan.js'

export type ModelType = 'f' | 'd' | 'l' | 'p'

export interface ModelNode {
  readonly fid: Fid
  readonly type: ModelType
  /** Rises with each write. */
  version: number
  /** By name in latin1: any byte. */
  readonly children: Map<string, ModelNode>
}

export interface ModelEntry {
  readonly parent: ModelNode
  readonly name: string
  readonly node: ModelNode
  readonly path: PathBytes
}

/** A tree in memory whose objects have FIDs. Operations that the kernel would refuse do nothing. */
export class ModelTree {
  #nextObject = 1
  readonly root: ModelNode = this.#node('d')

  #node(type: ModelType): ModelNode {
    const fid = parseFid(`[0x200000402:0x${(this.#nextObject++).toString(16)}:0x0]`)!
    return { fid, type, version: 1, children: new Map() }
  }

  clone(): ModelTree {
    const copy = new ModelTree()
    const known = new Map([[this.root, copy.root]])
    const copyNode = (node: ModelNode): ModelNode => {
      const copied = known.get(node) ?? { ...node, children: new Map() }
      if (!known.has(node)) known.set(node, copied)
      if (node.type === 'd') for (const [name, child] of node.children) copied.children.set(name, copyNode(child))
      return copied
    }
    copyNode(this.root)
    copy.#nextObject = this.#nextObject
    return copy
  }

  entries(): ModelEntry[] {
    const found: ModelEntry[] = []
    const walk = (parent: ModelNode, at: PathBytes) => {
      for (const [name, node] of parent.children) {
        const path = joinPath(at, Buffer.from(name, 'latin1'))
        found.push({ parent, name, node, path })
        if (node.type === 'd') walk(node, path)
      }
    }
    walk(this.root, Buffer.alloc(0) as PathBytes)
    return found
  }

  directories(): ModelNode[] {
    return [this.root, ...this.entries().flatMap(({ node }) => (node.type === 'd' ? [node] : []))]
  }

  at(path: string): ModelNode {
    return path.split('/').reduce((node, name) => node.children.get(name)!, this.root)
  }

  make(parent: ModelNode, name: string, type: ModelType): ModelNode | null {
    if (parent.children.has(name)) return null
    const node = this.#node(type)
    parent.children.set(name, node)
    return node
  }

  link(node: ModelNode, parent: ModelNode, name: string): void {
    if (node.type !== 'd' && !parent.children.has(name)) parent.children.set(name, node)
  }

  write(node: ModelNode): void {
    if (node.type === 'f') node.version += 1
  }

  remove(parent: ModelNode, name: string): void {
    parent.children.delete(name)
  }

  rename(from: ModelNode, name: string, to: ModelNode, newName: string): void {
    const node = from.children.get(name)!
    const victim = to.children.get(newName)
    if (victim === node || contains(node, to)) return
    if (victim !== undefined && ((victim.type === 'd') !== (node.type === 'd') || victim.children.size > 0)) return
    from.children.delete(name)
    to.children.set(newName, node)
  }

  /** Every object with all its links, the root with the one that stands for it. */
  objects(): Map<Fid, { readonly node: ModelNode; readonly links: Link[] }> {
    const rootLink = { parent: ZERO_FID, name: Buffer.alloc(0), path: Buffer.alloc(0) as PathBytes }
    const objects = new Map([[this.root.fid, { node: this.root, links: [rootLink as Link] }]])
    for (const { parent, name, node, path } of this.entries()) {
      const link = { parent: parent.fid, name: Buffer.from(name, 'latin1'), path }
      const known = objects.get(node.fid)
      if (known === undefined) objects.set(node.fid, { node, links: [link] })
      else known.links.push(link)
    }
    return objects
  }
}

function contains(node: ModelNode, other: ModelNode): boolean {
  return node === other || Array.from(node.children.values()).some((child) => contains(child, other))
}

/** Names the object and its version; always of the same length. */
export function contentOf(node: ModelNode): string {
  return `${node.fid} ${node.version}`.padEnd(48)
}
