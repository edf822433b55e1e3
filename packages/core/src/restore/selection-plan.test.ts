import { expect, it } from 'vitest'
import type { PathBytes } from '../types/path-bytes.js'
import { planSelection, type Selection, selectionOf, wantedNames } from './selection-plan.js'

const path = (text: string) => Buffer.from(text) as PathBytes
const names = (selection: Selection) => wantedNames(selection)?.map(String) ?? 'all'

it('wants the folders on the way, and all below what is named', () => {
  const root = planSelection([path('a/b/c'), path('a/d'), path('e')])
  expect(names(root)).toEqual(['a', 'e'])
  const a = selectionOf(root, path('a'))!
  expect(names(a)).toEqual(['b', 'd'])
  expect(selectionOf(root, path('x'))).toBeNull()
  expect(names(selectionOf(a, path('a/d'))!)).toBe('all')
  expect(names(selectionOf(selectionOf(a, path('a/d'))!, path('a/d/any'))!)).toBe('all')
})

it('a path within another one adds nothing', () => {
  expect(names(selectionOf(planSelection([path('a/b'), path('a')]), path('a'))!)).toBe('all')
  expect(names(planSelection([path('a'), path('')]))).toBe('all')
})
