import { basenameOf, dirnameOf, pathDepth } from '../../types/path-bytes.js'
import type { Step } from '../object-plan.js'
import type { ModelNode, ModelTree } from './model-tree.js'

type PathStep = Extract<Step, { kind: 'remove' | 'move' | 'mkdir' | 'place' | 'link' }>

/**
 * Carries a plan out on a model in the order that the target keeps, and refuses whatever the kernel would refuse:
 * a name that is taken or missing, a directory that is not empty, an object of another identity than planned.
 */
export function applySteps(tree: ModelTree, steps: readonly Step[]): void {
  const staged = new Map<string, ModelNode>()
  for (const step of inPhase(steps, ['remove', 'move'], -1)) {
    const node = take(tree, step.entry.path, step.entry.fid)
    if (step.kind === 'move') staged.set(step.entry.fid, node)
    else if (node.children.size > 0) throw new Error(`${step.entry.path} is not empty`)
  }
  for (const step of inPhase(steps, ['mkdir', 'place'], 1)) {
    const node = step.kind === 'mkdir' ? newNode(step.entry.fid, 'd') : staged.get(step.entry.fid)
    if (node === undefined) throw new Error(`${step.entry.path} was never set aside`)
    staged.delete(step.entry.fid)
    put(tree, step.entry.path, node)
  }
  if (staged.size > 0) throw new Error('something stays set aside')
  for (const step of inPhase(steps, ['link'], 1)) if (step.kind === 'link') put(tree, step.entry.path, find(tree, step.entry.to))
  for (const step of steps) if (step.kind === 'data') transfer(tree, step.entry)
}

function inPhase(steps: readonly Step[], kinds: readonly Step['kind'][], sign: number): PathStep[] {
  const wanted = steps.filter((step): step is PathStep => kinds.includes(step.kind))
  return wanted.toSorted((a, b) => sign * (pathDepth(a.entry.path) - pathDepth(b.entry.path)))
}

function transfer(tree: ModelTree, entry: Extract<Step, { kind: 'data' }>['entry']): void {
  if (!entry.created) {
    find(tree, entry.path).version = -1
    return
  }
  const node = newNode(entry.fid, entry.type as ModelNode['type'])
  for (const path of [entry.path, ...entry.links]) put(tree, path, node)
}

function newNode(fid: ModelNode['fid'], type: ModelNode['type']): ModelNode {
  return { fid, type, version: -1, children: new Map() }
}

function parentOf(tree: ModelTree, path: Buffer): ModelNode {
  const parent = find(tree, dirnameOf(path))
  if (parent.type !== 'd') throw new Error(`the parent of ${path} is no directory`)
  return parent
}

function find(tree: ModelTree, path: Buffer): ModelNode {
  let node: ModelNode | undefined = tree.root
  if (path.length > 0) for (const name of path.toString('latin1').split('/')) node = node?.children.get(name)
  if (node === undefined) throw new Error(`${path} does not exist`)
  return node
}

function take(tree: ModelTree, path: Buffer, fid: string): ModelNode {
  const [parent, name] = [parentOf(tree, path), basenameOf(path).toString('latin1')]
  const node = parent.children.get(name)
  if (node?.fid !== fid) throw new Error(`${path} is ${node?.fid ?? 'missing'}, expected ${fid}`)
  parent.children.delete(name)
  return node
}

function put(tree: ModelTree, path: Buffer, node: ModelNode): void {
  const [parent, name] = [parentOf(tree, path), basenameOf(path).toString('latin1')]
  if (parent.children.has(name)) throw new Error(`${path} is taken`)
  parent.children.set(name, node)
}
