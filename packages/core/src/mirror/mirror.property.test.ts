import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { silentLog } from '../log/silent-log.js'
import { describeDisk, describeModel, writeModel } from '../namespace/testing/model-disk.js'
import { writeFullMap } from '../namespace/testing/model-full-map.js'
import type { ModelTree } from '../namespace/testing/model-tree.js'
import { openTestTree } from '../namespace/testing/namespace-site.js'
import { before, between, modelsOf } from '../namespace/testing/operations.js'
import { makeTestFolder } from '../namespace/testing/test-folder.js'
import type { MirrorBase } from './mirror-plan.js'
import { runMirror } from './mirror-run.js'
import { transferParts } from './testing/transfer-parts.js'

async function mirror(target: ModelTree, s0: ModelTree, s1: ModelTree, base: MirrorBase, runs: number): Promise<string[]> {
  const folder = makeTestFolder('mirror')
  const data = join(folder, 'data')
  writeModel(target, data)
  const tree = openTestTree(data)
  try {
    const map = writeFullMap(join(folder, 'map'), s0, s1)
    let asked: string[] = []
    for (let run = 0; run < runs; run += 1) {
      const parts = join(folder, `parts-${run}`)
      mkdirSync(parts)
      const result = await runMirror(map, { data: tree, base, log: silentLog, signal: new AbortController().signal, folder: parts })
      if (run === runs - 1) asked = await transferParts(result.parts, s1, data)
    }
    expect(describeDisk(data)).toEqual(describeModel(s1))
    return asked
  } finally {
    tree.close()
    rmSync(folder, { recursive: true })
  }
}

it('makes any tree the one of the map, also when it is begun again', async () => {
  const property = fc.asyncProperty(before, between, before, between, fc.boolean(), async (a, b, c, d, again) => {
    const target = modelsOf(a, b).s1
    const { s1 } = modelsOf(c, d)
    await mirror(target, target, s1, { isBase: false, hasBackup: false, owed: new Set() }, again ? 2 : 1)
  })
  await fc.assert(property, { numRuns: 100 })
})

it('asks for no content that the base proves to be there', async () => {
  const property = fc.asyncProperty(before, between, async (a, b) => {
    const { s0, s1 } = modelsOf(a, b)
    const asked = await mirror(s0, s0, s1, { isBase: true, hasBackup: true, owed: new Set() }, 1)
    const unmoved = new Set(s0.entries().map(({ node, path }) => `${node.fid}${path.toString('latin1')}`))
    const proved = s1.entries().filter(({ node, path }) => unmoved.has(`${node.fid}${path.toString('latin1')}`))
    const single = proved.filter(
      ({ node }) => s1.objects().get(node.fid)!.links.length === 1 && s0.objects().get(node.fid)!.links.length === 1,
    )
    const same = single.filter(({ node }) => s0.objects().get(node.fid)!.node.version === node.version)
    expect(same.filter(({ node }) => asked.includes(node.fid))).toEqual([])
  })
  await fc.assert(property, { numRuns: 50 })
})
