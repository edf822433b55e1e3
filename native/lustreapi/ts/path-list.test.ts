import { expect, it } from 'vitest'
import { EMPTY_PATH_LIST, packPaths, pathCount, showPath, unpackPath, unpackPaths } from './path-list.js'

it('packs and unpacks any bytes, the empty path too', () => {
  const paths = [Buffer.from('a/b'), Buffer.alloc(0), Buffer.from([0xff, 0x0a]), Buffer.alloc(0)]
  const list = packPaths(paths)
  expect(pathCount(list)).toBe(4)
  expect(unpackPaths(list)).toEqual(paths)
  expect(unpackPaths(list, 1, 3)).toEqual(paths.slice(1, 3))
})

it('unpacks from a view into a larger buffer', () => {
  const larger = new Uint8Array(Buffer.from('xxxaabb'))
  expect(unpackPath({ bytes: larger.subarray(3), ends: Uint32Array.of(2, 4) }, 1).toString()).toBe('bb')
})

it('refuses an index beyond the list', () => {
  expect(() => unpackPath(EMPTY_PATH_LIST, 0)).toThrow(RangeError)
})

it.each([
  [Buffer.from('plain'), '"plain"'],
  [Buffer.from('ü\n"'), '"ü\\n\\""'],
  [Buffer.from([0x61, 0xff, 0x0a]), '"a\\xff\\x0a"'],
])('shows %s as %s', (path, shown) => {
  expect(showPath(path)).toBe(shown)
})
