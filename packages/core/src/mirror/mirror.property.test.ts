import { linkSync, lstatSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { silentLog } from '../log/silent-log.js'
import { describeDisk, describeModel, makeEntry, writeModel } from '../namespace/testing/model-disk.js'
import { writeFullMap } from '../namespace/testing/model-full-map.js'
import type { ModelTree } from '../namespace/testing/model-tree.js'
import { openTestTree } from '../namespace/testing/namespace-site.js'
import { before, between, modelsOf } from '../namespace/testing/operations.js'
import { makeTestFolder } from '../namespace/testing/test-folder.js'
import { readEntries } from '../transfer/transfer-source.js'
import { joinPath } from '../types/path-bytes.js'
import type { MirrorBase } from './mirror-plan.js'
import { type MirrorResult, runMirror } from './mirror-run.js'

/** Stands in for rsync: content where it is asked for, and the targets of symlinks, which it always compares. Gives what content was asked for. */
async function transfer(result: MirrorResult, s1: ModelTree, target: string): Promise<string[]> {
  const objects = s1.objects()
  const asked: string[] = []
  const full = (path: Buffer) => joinPath(Buffer.from(target), path)
  for await (const entries of readEntries([result.parts], 'data')) {
    for (const { fid, path, links } of entries) {
      asked.push(fid)
      const inode = lstatSync(full(path), { throwIfNoEntry: false })?.ino
      if (inode !== undefined && objects.get(fid)!.node.type !== 'f') rmSync(full(path))
      makeEntry(objects.get(fid)!.node, full(path))
      for (const link of links) {
        rmSync(full(link), { force: true })
        linkSync(full(path), full(link))
      }
    }
  }
  for await (const entries of readEntries([result.parts], 'attr')) {
    for (const { fid, path, type } of entries) {
      if (type !== 'l') continue
      const { node, links } = objects.get(fid)!
      for (const link of links) rmSync(full(link.path))
      makeEntry(node, full(path))
      for (const link of links) if (!link.path.equals(path)) linkSync(full(path), full(link.path))
    }
  }
  return asked
}

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
      if (run === runs - 1) asked = await transfer(result, s1, data)
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
