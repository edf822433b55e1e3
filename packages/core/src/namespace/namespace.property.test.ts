import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { describeDisk, describeModel, transferModel, writeModel } from './testing/model-disk.js'
import { planModel, writeModelMap } from './testing/model-map.js'
import type { ModelTree } from './testing/model-tree.js'
import { makeNamespaceSite } from './testing/namespace-site.js'
import { before, between, modelsOf } from './testing/operations.js'

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
