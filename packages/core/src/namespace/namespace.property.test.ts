import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { describeDisk, describeModel, transferModel, writeModel } from './testing/model-disk.js'
import { planModel, writeModelMap } from './testing/model-map.js'
import { ModelTree, type ModelType } from './testing/model-tree.js'
import { makeNamespaceSite } from './testing/namespace-site.js'

const NAMES = ['a', 'b', 'c', 'd', 'é\xff\n']
const TYPES: readonly ModelType[] = ['f', 'f', 'd', 'd', 'l', 'p']

interface Operation {
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

function modelsOf(before: readonly Operation[], between: readonly Operation[]): { s0: ModelTree; s1: ModelTree } {
  const s0 = new ModelTree()
  for (const step of before) apply(s0, step)
  const s1 = s0.clone()
  for (const step of between) apply(s1, step)
  return { s0, s1 }
}

/** Gives the number of changes, and ends with S1 on disk or with a failed expectation. */
async function expectS1({ s0, s1 }: { s0: ModelTree; s1: ModelTree }, crashAt?: number): Promise<number> {
  const site = makeNamespaceSite()
  try {
    writeModel(s0, site.data)
    const { changeCount, drifts } = await site.apply(writeModelMap(join(site.folder, 'map'), s0, s1), crashAt)
    transferModel(planModel(s0, s1), s1, site.data)
    expect(describeDisk(site.data)).toEqual(describeModel(s1))
    expect(drifts).toEqual([])
    return changeCount
  } finally {
    site.remove()
  }
}

const before = fc.array(making, { minLength: 1, maxLength: 25 })
const between = fc.array(operation, { minLength: 1, maxLength: 30 })

it('brings any tree to any other that operations can make of it', async () => {
  const property = fc.asyncProperty(before, between, async (first, second) => void (await expectS1(modelsOf(first, second))))
  await fc.assert(property, { numRuns: 200 })
})

it('comes to the same end after dying at any change', async () => {
  const property = fc.asyncProperty(before, between, async (first, second) => {
    const models = modelsOf(first, second)
    const changeCount = await expectS1(models)
    for (let crashAt = 0; crashAt < changeCount; crashAt += 1) await expectS1(models, crashAt)
  })
  await fc.assert(property, { numRuns: 20 })
})
