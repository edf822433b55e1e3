import {
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { loadAddon } from '@lustrebackup/lustreapi/load'
import { joinPath } from '../../types/path-bytes.js'
import type { Step } from '../object-plan.js'
import { contentOf, type ModelNode, type ModelTree } from './model-tree.js'

/** Writes a model to disk. The content of everything names its object, so that no mix-up goes unseen. */
export function writeModel(model: ModelTree, folder: string): void {
  mkdirSync(folder)
  const made = new Map<ModelNode, Buffer>()
  for (const { node, path } of model.entries()) {
    const full = joinPath(Buffer.from(folder), path)
    const first = made.get(node)
    if (first !== undefined) linkSync(first, full)
    else makeEntry(node, full)
    made.set(node, full)
  }
}

/** One entry of the model. A file that is there keeps its inode. */
export function makeEntry(node: ModelNode, path: Buffer): void {
  if (node.type === 'd') mkdirSync(path)
  else if (node.type === 'l') symlinkSync(node.fid, path)
  else if (node.type === 'p') makeFifo(path)
  else {
    writeFileSync(path, contentOf(node))
    // Every file has the same size and time: neither may decide anything.
    utimesSync(path, 0, 0)
  }
}

function makeFifo(path: Buffer): void {
  const loaded = loadAddon()
  if (!loaded.ok) throw new Error(loaded.reason)
  const root = loaded.addon.openRoot('/')
  loaded.addon.mknod(root, path.subarray(1), constants.S_IFIFO | 0o644)
  loaded.addon.closeRoot(root)
}

/** Stands in for the data phase: what the map says has to come from the source comes from the model. */
export function transferModel(steps: readonly Step[], s1: ModelTree, folder: string): void {
  const objects = s1.objects()
  for (const step of steps) {
    if (step.kind !== 'data') continue
    const { node } = objects.get(step.entry.fid)!
    const full = joinPath(Buffer.from(folder), step.entry.path)
    if (step.entry.created) makeEntry(node, full)
    else writeFileSync(full, contentOf(node), { flag: 'r+' })
    for (const link of step.entry.links) linkSync(full, joinPath(Buffer.from(folder), link))
  }
}

/** One line for each entry: path, type, what it is, and the paths that it shares an inode with. */
export function describeModel(model: ModelTree): string[] {
  const objects = model.objects()
  const describe = (node: ModelNode) => (node.type === 'f' ? contentOf(node) : node.type === 'l' ? node.fid : '')
  return model
    .entries()
    .map(({ node, path }) =>
      line(path, node.type, describe(node), node.type === 'd' ? [] : objects.get(node.fid)!.links.map((l) => l.path)),
    )
    .toSorted()
}

export function describeDisk(folder: string): string[] {
  const found: { path: Buffer; type: string; content: string; ino: bigint }[] = []
  const walk = (at: Buffer) => {
    for (const name of readdirSync(joinPath(Buffer.from(folder), at), { encoding: 'buffer' })) {
      const path = joinPath(at, name)
      const full = joinPath(Buffer.from(folder), path)
      const stat = lstatSync(full, { bigint: true })
      const type = stat.isDirectory() ? 'd' : stat.isSymbolicLink() ? 'l' : stat.isFIFO() ? 'p' : 'f'
      const content = type === 'f' ? readFileSync(full, 'utf8') : type === 'l' ? readlinkSync(full) : ''
      found.push({ path, type, content, ino: stat.ino })
      if (type === 'd') walk(path)
    }
  }
  walk(Buffer.alloc(0))
  const sharing = (ino: bigint) => found.filter((entry) => entry.ino === ino).map((entry) => entry.path)
  return found.map(({ path, type, content, ino }) => line(path, type, content, type === 'd' ? [] : sharing(ino))).toSorted()
}

function line(path: Buffer, type: string, content: string, links: readonly Buffer[]): string {
  const names = links.map((link) => link.toString('latin1')).toSorted()
  return [path.toString('latin1'), type, content, ...(names.length > 1 ? [`= ${names.join(' ')}`] : [])].join(' | ')
}
