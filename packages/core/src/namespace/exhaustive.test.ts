import { describe, expect, it } from 'vitest'
import { applySteps } from './testing/model-executor.js'
import { planModel } from './testing/model-map.js'
import { ModelTree } from './testing/model-tree.js'

/** One operation on paths of a small universe; one that the kernel would refuse changes nothing. */
type Operation = readonly ['rename' | 'link', string, string] | readonly ['unlink' | 'rmdir' | 'mkdir' | 'create', string]

function operationsOn(paths: readonly string[]): Operation[] {
  const pairs = paths.flatMap((from) => paths.filter((to) => to !== from).map((to) => [from, to] as const))
  return [
    ...pairs.map(([from, to]) => ['rename', from, to] as const),
    ...pairs.map(([from, to]) => ['link', from, to] as const),
    ...paths.flatMap((path) => (['unlink', 'rmdir', 'mkdir', 'create'] as const).map((kind) => [kind, path] as const)),
  ]
}

function apply(tree: ModelTree, [kind, path, to]: Operation): void {
  const [parent, name] = place(tree, path)
  const node = parent?.children.get(name)
  if (parent === undefined || parent.type !== 'd') return
  if (kind === 'mkdir') tree.make(parent, name, 'd')
  else if (kind === 'create') tree.make(parent, name, 'f')
  else if (node === undefined) return
  else if (kind === 'unlink' && node.type !== 'd') tree.remove(parent, name)
  else if (kind === 'rmdir' && node.type === 'd' && node.children.size === 0) tree.remove(parent, name)
  else if (to !== undefined) {
    const [newParent, newName] = place(tree, to)
    if (newParent?.type !== 'd') return
    if (kind === 'link') tree.link(node, newParent, newName)
    else tree.rename(parent, name, newParent, newName)
  }
}

function place(tree: ModelTree, path: string) {
  const names = path.split('/')
  const name = names.pop()!
  let node: ModelTree['root'] | undefined = tree.root
  for (const next of names) node = node?.children.get(next)
  return [node, name] as const
}

/** The same for two trees exactly when no user could tell them apart: paths, types, and which paths are one object of the base. */
function signature(tree: ModelTree, base: ReadonlySet<string>): string {
  const fresh = new Map<string, string>()
  const lines = tree.entries().map(({ path, node }) => [path.toString('latin1'), node.type, node.fid] as const)
  lines.sort((a, b) => (a[0] < b[0] ? -1 : 1))
  const identity = (fid: string) => {
    if (base.has(fid)) return fid
    if (!fresh.has(fid)) fresh.set(fid, `new${fresh.size}`)
    return fresh.get(fid)!
  }
  return lines.map(([path, type, fid]) => `${path} ${type} ${identity(fid)}`).join('\n')
}

/** Every tree that at most `length` operations make of the base, each once, with the operations that led to it. */
function reachable(base: ModelTree, operations: readonly Operation[], length: number): { tree: ModelTree; how: Operation[] }[] {
  const known = new Set(base.objects().keys())
  const seen = new Set([signature(base, known)])
  const found = [{ tree: base, how: [] as Operation[] }]
  let frontier = found.slice()
  for (let step = 0; step < length; step += 1) {
    const next: typeof found = []
    for (const { tree, how } of frontier) {
      for (const operation of operations) {
        const changed = tree.clone()
        apply(changed, operation)
        const mark = signature(changed, known)
        if (seen.has(mark)) continue
        seen.add(mark)
        next.push({ tree: changed, how: [...how, operation] })
      }
    }
    found.push(...next)
    frontier = next
  }
  return found
}

function treeOf(...entries: readonly Operation[]): ModelTree {
  const tree = new ModelTree()
  for (const entry of entries) apply(tree, entry)
  return tree
}

function checkAll(base: ModelTree, operations: readonly Operation[], length: number): number {
  const all = reachable(base, operations, length)
  const known = new Set(base.objects().keys())
  for (const { tree, how } of all) {
    const target = base.clone()
    try {
      applySteps(target, planModel(base, tree))
    } catch (error) {
      throw new Error(`after ${JSON.stringify(how)}: ${(error as Error).message}`)
    }
    if (signature(target, known) !== signature(tree, known)) throw new Error(`after ${JSON.stringify(how)}: the target is another tree`)
  }
  return all.length
}

const TWO_DIRECTORIES = ['x/a', 'x/b', 'x/c', 'y/a', 'y/b', 'y/c']
const NESTED = ['a', 'b', 'c', 'a/a', 'a/b', 'b/a', 'b/b', 'a/a/a', 'b/a/a']

describe('every sequence of operations, carried out by the plan', () => {
  const files = treeOf(['mkdir', 'x'], ['mkdir', 'y'], ['create', 'x/a'], ['create', 'x/b'], ['create', 'y/a'])
  const mixed = treeOf(['mkdir', 'x'], ['mkdir', 'y'], ['create', 'x/a'], ['link', 'x/a', 'y/b'], ['mkdir', 'x/b'])
  const nested = treeOf(['mkdir', 'a'], ['mkdir', 'a/a'], ['create', 'a/a/a'], ['mkdir', 'b'], ['create', 'b/a'], ['link', 'b/a', 'a/b'])

  // The numbers of trees are part of the test: fewer would mean that the walk through them has become blind.
  it.each([
    ['files', files, 13003],
    ['a hard link and a directory', mixed, 3289],
  ])('of up to four on three names in two directories, from %s', (_, base, expected) => {
    expect(checkAll(base, operationsOn(TWO_DIRECTORIES), 4)).toBe(expected)
  })

  it('of up to four on names in nested directories, directories themselves included', () => {
    expect(checkAll(nested, operationsOn(NESTED), 4)).toBe(15038)
  })
})
