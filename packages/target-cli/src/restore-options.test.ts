import { expect, it } from 'vitest'
import { type RestoreOptions, requestOf } from './restore-options.js'

const read = (options: Partial<RestoreOptions>, ...words: string[]) => requestOf({ overwrite: 'never', dryRun: false, ...options }, words)

it('reads one of three requests', () => {
  expect(read({ list: true })).toEqual({ kind: 'list', selector: { kind: 'newest' }, path: Buffer.alloc(0) })
  expect(read({ list: '/a//b/', timestamp: 5 })).toEqual({
    kind: 'list',
    selector: { kind: 'timestamp', timestamp: 5 },
    path: Buffer.from('a/b'),
  })
  expect(read({ list: true }, 'a')).toMatchObject({ path: Buffer.from('a') })
  expect(read({ versions: 'a%0Ab' })).toEqual({ kind: 'versions', path: Buffer.from('a\nb') })
  expect(read({ to: '/x', name: 'n', overwrite: 'always', dryRun: true }, '.', './a')).toEqual({
    kind: 'restore',
    selector: { kind: 'name', name: 'n' },
    paths: [Buffer.alloc(0), Buffer.from('a')],
    to: '/x',
    overwrite: 'always',
    dryRun: true,
  })
})

it.each([
  [{}, []],
  [{}, ['a']],
  [{ to: '/x' }, []],
  [{ to: '' }, ['a']],
  [{ list: true, to: '/x' }, ['a']],
  [{ list: 'a' }, ['b']],
  [{ list: true, dryRun: true }, []],
  [{ to: '/x' }, ['a/../b']],
  [{ to: '/x' }, ['a%00']],
  [{ to: '/x', timestamp: 1, name: 'x' }, ['a']],
  [{ versions: 'a', timestamp: 1 }, []],
] as const)('wrong usage: %j %j', (options, words) => {
  expect(() => read(options, ...words)).toThrow(expect.objectContaining({ code: 'USAGE', exitCode: 2 }))
})
