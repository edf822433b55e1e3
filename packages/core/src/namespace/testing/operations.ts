import fc from 'fast-check'
import { ModelTree, type ModelType } from './model-tree.js'

const NAMES = ['a', 'b', 'c', 'd', 'é\xff\n']
const TYPES: readonly ModelType[] = ['f', 'f', 'd', 'd', 'l', 'p']

export interface Operation {
  readonly kind: 'make' | 'link' | 'write' | 'remove' | 'rename'
  readonly pick: number
  readonly directory: number
  readonly name: number
  readonly type: number
}

const kinds = ['make', 'make', 'link', 'write', 'remove', 'rename', 'rename', 'rename'] as const
const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constantFrom(...kinds),
  pick: fc.nat(1000),
  directory: fc.nat(1000),
  name: fc.nat(NAMES.length - 1),
  type: fc.nat(TYPES.length - 1),
})
const making = operation.map((made): Operation => ({ ...made, kind: made.kind === 'link' ? 'link' : 'make' }))

/** Operations that make a tree, and operations that change it. */
export const before = fc.array(making, { minLength: 1, maxLength: 25 })
export const between = fc.array(operation, { minLength: 1, maxLength: 30 })

function apply(model: ModelTree, { kind, pick, directory, name, type }: Operation): void {
  const directories = model.directories()
  const parent = directories[directory % directories.length]!
  if (kind === 'make') return void model.make(parent, NAMES[name]!, TYPES[type]!)
  const entries = model.entries()
  if (entries.length === 0) return
  const entry = entries[pick % entries.length]!
  if (kind === 'link') model.link(entry.node, parent, NAMES[name]!)
  else if (kind === 'write') model.write(entry.node)
  else if (kind === 'remove') model.remove(entry.parent, entry.name)
  else model.rename(entry.parent, entry.name, parent, NAMES[name]!)
}

export function modelsOf(first: readonly Operation[], second: readonly Operation[]): { s0: ModelTree; s1: ModelTree } {
  const s0 = new ModelTree()
  for (const step of first) apply(s0, step)
  const s1 = s0.clone()
  for (const step of second) apply(s1, step)
  return { s0, s1 }
}
