import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { PathBytes } from '../types/path-bytes.js'
import { planStaying } from './staying-run.js'
import { writeModelMap } from './testing/model-map.js'
import { ModelTree } from './testing/model-tree.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-staying-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** `d/` with the file `f`, and `e/`. */
function tree(): ModelTree {
  const model = new ModelTree()
  for (const name of ['d', 'e']) model.make(model.root, name, 'd')
  model.make(model.at('d'), 'f', 'f')
  return model
}

const moveF = (model: ModelTree) => model.rename(model.at('d'), 'f', model.at('e'), 'g')

it.each<[string, boolean, ((s1: ModelTree) => void)[]]>([
  ['a file that is moved, and nothing else', true, [moveF]],
  ['when the folder that it goes to is moved', true, [moveF, (t) => t.rename(t.root, 'e', t.root, 'x')]],
  ['not when its folder is moved', false, [moveF, (t) => t.rename(t.root, 'd', t.root, 'x')]],
  ['not when its folder is removed', false, [moveF, (t) => t.remove(t.root, 'd')]],
  ['not when a directory is made in its place', false, [moveF, (t) => t.make(t.at('d'), 'f', 'd')]],
  ['not when something is moved to its place', false, [moveF, (t) => t.rename(t.root, 'e', t.at('d'), 'f')]],
])('lets stay %s', async (_, expected, operations) => {
  const s0 = tree()
  const s1 = s0.clone()
  for (const operation of operations) operation(s1)
  const staying = await planStaying(writeModelMap(join(folder, 'map'), s0, s1), new AbortController().signal)
  expect(staying.has(Buffer.from('d/f') as PathBytes)).toBe(expected)
})

it('lets nothing stay of a map with moves that lead nowhere', async () => {
  const s0 = tree()
  const s1 = s0.clone()
  moveF(s1)
  const map = writeModelMap(join(folder, 'map'), s0, s1)
  const parts = map.header.parts.filter((part) => part.kind !== 'place')
  const staying = await planStaying({ ...map, header: { ...map.header, parts } }, new AbortController().signal)
  expect(staying.has(Buffer.from('d/f') as PathBytes)).toBe(false)
})
