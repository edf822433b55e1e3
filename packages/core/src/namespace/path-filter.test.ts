import fc from 'fast-check'
import { expect, it } from 'vitest'
import { PathFilter } from './path-filter.js'

const path = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 })
  .map((names) => Buffer.from(names.map((name) => Buffer.from(name).toString('latin1').replaceAll('/', '_')).join('/'), 'latin1'))

it('finds every path that was added, and every folder above what is asked for', () => {
  fc.assert(
    fc.property(fc.array(path, { minLength: 1, maxLength: 50 }), (paths) => {
      const filter = new PathFilter(paths.length)
      for (const added of paths) filter.add(added)
      expect(paths.every((added) => filter.mayHave(added))).toBe(true)
      expect(paths.every((added) => filter.mayHaveAbove(Buffer.concat([added, Buffer.from('/below/it')])))).toBe(true)
    }),
  )
})

it('rarely finds another path, and the path itself is not above itself', () => {
  const filter = new PathFilter(10_000)
  const paths = Array.from({ length: 10_000 }, (_, index) => Buffer.from(`folder-${index % 100}/file-${index}.dat`))
  for (const added of paths) filter.add(added)
  const others = Array.from({ length: 10_000 }, (_, index) => Buffer.from(`folder-${index % 100}/other-${index}.dat`))
  expect(others.filter((other) => filter.mayHave(other)).length).toBeLessThan(100)
  expect(others.filter((other) => filter.mayHaveAbove(other)).length).toBeLessThan(100)
})

it('finds nothing when nothing was added', () => {
  expect(new PathFilter(0).mayHave(Buffer.from('a'))).toBe(false)
})
