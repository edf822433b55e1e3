import { mkdirSync } from 'node:fs'
import type { CompareEntry, MapNode } from '../../backupmap/backupmap-types.js'
import { PartWriter } from '../../backupmap/part-writer.js'
import { basenameOf, dirnameOf, joinPath, type PathBytes } from '../../types/path-bytes.js'
import type { OpenMap } from '../namespace-types.js'
import { type AttributeSource, headerOf, stateOf } from './model-map.js'
import type { ModelNode, ModelTree } from './model-tree.js'

/** A full map of `s1`, or of those of its directories that are in `slice`; `same` where `s0` has the object in the same version. */
export function writeFullMap(
  folder: string,
  s0: ModelTree | null,
  s1: ModelTree,
  attributes: AttributeSource | null = null,
  slice: (directory: PathBytes) => boolean = () => true,
): OpenMap {
  mkdirSync(folder)
  const [old, objects] = [s0?.objects(), s1.objects()]
  const sameAs = (node: ModelNode, path: PathBytes) => {
    const known = old?.get(node.fid)
    return known?.node.version === node.version && known.links.some((link) => link.path.equals(path))
  }
  const nodeOf = (node: ModelNode, path: PathBytes): MapNode => {
    const known = attributes?.('s1', path) ?? stateOf(objects.get(node.fid))!.attributes
    return { ...known, fid: node.fid, path }
  }
  const writer = new PartWriter(folder, 'w0')
  const directory = (node: ModelNode, path: PathBytes) => {
    const children = Array.from(node.children, ([name, child]) => ({ child, path: joinPath(path, Buffer.from(name, 'latin1')) }))
    const sorted = children.toSorted((a, b) => basenameOf(a.path).compare(basenameOf(b.path)))
    const entries = sorted.map(
      (entry): CompareEntry => ({ kind: 'entry', node: nodeOf(entry.child, entry.path), same: sameAs(entry.child, entry.path) }),
    )
    if (slice(path)) writer.writeDirectory({ kind: 'directory', fid: node.fid, path }, entries)
    for (const entry of sorted) if (entry.child.type === 'd') directory(entry.child, entry.path)
  }
  directory(s1.root, Buffer.alloc(0) as PathBytes)
  writer.write('attr', nodeOf(s1.root, Buffer.alloc(0) as PathBytes))
  for (const { node, links } of objects.values()) {
    if (node.type === 'd' || links.length === 1 || !links.some(({ path }) => slice(dirnameOf(path)))) continue
    const [first, ...others] = links.map((link) => link.path)
    writer.write('hardlink', { ...nodeOf(node, first!), links: others, same: sameAs(node, first!), complete: true })
  }
  return { folder, header: headerOf(writer.finish(), { kind: 'full', base: null }) }
}
