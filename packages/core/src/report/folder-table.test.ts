import { expect, it } from 'vitest'
import { FolderTable } from './folder-table.js'

const show = (table: FolderTable, count = 10) =>
  table.biggest(count).map(({ path, bytes, entryCount }) => `${path.toString('latin1')}=${bytes}/${entryCount}`)

it('sums up by folder, two levels deep, with paths as bytes', () => {
  const table = new FolderTable(100)
  for (const path of ['top', 'a/x', 'a/b/y', 'a/b/c/d/e/z', '\xff/q']) table.add(Buffer.from(path, 'latin1'), 10n, 1)
  table.add(Buffer.from('a/b/more'), 5n, 0)
  expect(show(table)).toEqual(['a/b=25/2', '=10/1', 'a=10/1', '\xff=10/1'])
  expect(table.isApproximate).toBe(false)
})

it('forgets the small ones, and says so, when there are too many', () => {
  const table = new FolderTable(4)
  table.add(Buffer.from('big/f'), 1000n, 1)
  for (let number = 0; number < 100; number += 1) table.add(Buffer.from(`d${number}/f`), 1n, 1)
  expect(show(table, 1)).toEqual(['big=1000/1'])
  expect(table.biggest(10).length).toBeLessThanOrEqual(4)
  expect(table.isApproximate).toBe(true)
})
