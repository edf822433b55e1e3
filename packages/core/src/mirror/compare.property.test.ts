import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compareWalkOrder } from '../backupmap/slice-plan.js'
import { silentLog } from '../log/silent-log.js'
import { DriftLog } from '../namespace/drift-log.js'
import { makeParents } from '../namespace/parents-run.js'
import { describeDisk, describeModel, writeModel } from '../namespace/testing/model-disk.js'
import { writeFullMap } from '../namespace/testing/model-full-map.js'
import type { ModelTree } from '../namespace/testing/model-tree.js'
import { openTestTree } from '../namespace/testing/namespace-site.js'
import { before, between, modelsOf } from '../namespace/testing/operations.js'
import { makeTestFolder } from '../namespace/testing/test-folder.js'
import { readEntries } from '../transfer/transfer-source.js'
import type { Tree } from '../tree/tree-port.js'
import type { PathBytes } from '../types/path-bytes.js'
import { findDifferences } from './compare-run.js'
import type { Found } from './difference-types.js'
import { repairNames } from './repair-run.js'
import { transferParts } from './testing/transfer-parts.js'

const ROOT = Buffer.alloc(0) as PathBytes

/** Files of the model all have the same time and size: with another time on the target, each is content to be looked at. */
async function age(tree: Tree, model: ModelTree): Promise<void> {
  for (const { node, path } of model.entries()) if (node.type === 'f') tree.setMtime(path, 1_000_000_000n)
}

/** Works one slice off, as the phases do; what repairs names is begun again once. */
async function compareSlice(folder: string, tree: Tree, s1: ModelTree, slice: (path: PathBytes) => boolean): Promise<Found> {
  const [parts, suspects] = [join(folder, 'parts'), join(folder, 'suspects')]
  for (const path of [folder, parts, suspects]) mkdirSync(path)
  const map = writeFullMap(join(folder, 'map'), null, s1, null, slice)
  const { signal } = new AbortController()
  const before = describeDisk(tree.path)
  const found = await findDifferences(map, { data: tree, owed: new Set(), log: silentLog, signal, folder: parts, suspectFolder: suspects })
  expect(describeDisk(tree.path)).toEqual(before)
  const source = { folder: parts, parts: found.parts }
  const drift = DriftLog.open(join(folder, 'drift'))
  const context = { data: tree, drift, signal }
  for (let run = 0; run < 2; run += 1) await repairNames(source, context)
  for await (const entries of readEntries([source], 'data')) {
    await makeParents(
      entries.flatMap(({ path, links }) => [path, ...links]),
      context,
    )
  }
  drift.close()
  await transferParts(source, s1, tree.path)
  return found
}

it('makes any tree that of S1, in one slice or in several, and then finds nothing any more', async () => {
  const cuts = fc.array(fc.nat(20), { maxLength: 3 })
  const property = fc.asyncProperty(before, between, before, between, cuts, async (a, b, c, d, places) => {
    const folder = makeTestFolder('compare')
    const data = join(folder, 'data')
    const [target, { s1 }] = [modelsOf(a, b).s1, modelsOf(c, d)]
    writeModel(target, data)
    const tree = openTestTree(data)
    try {
      await age(tree, target)
      const directories = [ROOT, ...s1.entries().flatMap(({ node, path }) => (node.type === 'd' ? [path] : []))].toSorted(compareWalkOrder)
      const ends = [...new Set([...places.filter((place) => place < directories.length - 1), directories.length - 1])].toSorted(
        (x, y) => x - y,
      )
      let start = 0
      for (const [index, end] of ends.entries()) {
        const slice = new Set(directories.slice(start, end + 1).map((path) => path.toString('latin1')))
        const found = await compareSlice(join(folder, `slice-${index}`), tree, s1, (path) => slice.has(path.toString('latin1')))
        // What is missing is known in full when everything is in one slice.
        if (ends.length === 1) expect(found.owed).toEqual([])
        start = end + 1
      }
      expect(describeDisk(data)).toEqual(describeModel(s1))
      const again = await compareSlice(join(folder, 'again'), tree, s1, () => true)
      const { 'other-attributes': _, ...rest } = again.counts.differences
      expect(Object.values(rest).every((count) => count === 0)).toBe(true)
      expect(again.counts.entryCount).toBe(s1.entries().length)
    } finally {
      tree.close()
      rmSync(folder, { recursive: true })
    }
  })
  await fc.assert(property, { numRuns: 100 })
})
