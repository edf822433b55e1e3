import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ROOT_FID } from '../types/fid.js'
import { type PathBytes, parsePath } from '../types/path-bytes.js'
import { decodeVerify, encodeVerify } from './codec.js'
import type { VerifyEntries, VerifyKind } from './verification-types.js'

const name = fc
  .uint8Array({ minLength: 1, maxLength: 20 })
  .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0 || byte === 0x2f || byte === 0x2e ? 0x61 : byte))))
const path = fc
  .array(name, { minLength: 1, maxLength: 4 })
  .map((names) => parsePath(Buffer.from(names.map((one) => one.toString('latin1')).join('/'), 'latin1'))!)
const int = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })

const entry = fc.record({
  path,
  links: fc.array(path, { maxLength: 3 }),
  size: int,
  mtimeNs: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  target: fc.option(name),
  acl: fc.option(name),
  complete: fc.boolean(),
  xattrs: fc.dictionary(fc.constantFrom('user.a', 'user.b%20c', 'trusted.x'), fc.string(), { noNullPrototype: true }),
})
const lines: { readonly [K in VerifyKind]: fc.Arbitrary<VerifyEntries[K]> } = {
  entry: entry.map((fields) => ({
    ...fields,
    fid: ROOT_FID,
    type: 'f',
    mode: 0o4755,
    uid: 1,
    gid: 2,
    nlink: 1,
    rdev: [1, 3],
    defaultAcl: null,
    released: false,
  })),
  names: fc.record({ path, names: fc.array(name), first: fc.boolean(), last: fc.boolean() }),
  content: fc.record({
    path,
    size: int,
    mtimeNs: int,
    checksum: fc.option(fc.constantFrom(8, 16, 32, 64).map((length) => Buffer.alloc(length, 7))),
    reason: fc.option(fc.string()),
  }),
}

it.each(['entry', 'names', 'content'] as const)('a line of %s comes back as it was', (kind) => {
  fc.assert(
    fc.property(lines[kind] as fc.Arbitrary<VerifyEntries[VerifyKind]>, (value) => {
      expect(decodeVerify(kind, encodeVerify(kind, value))).toEqual(value)
    }),
  )
})

const content = { path: 'a', size: 1, mtimeNs: 2, checksum: 'ab'.repeat(16), reason: null }
const names = { path: '', names: ['a', { percent: '%FF' }], first: true, last: true }

it.each<[VerifyKind, object]>([
  ['content', { ...content, path: '../a' }],
  ['content', { ...content, path: '/a' }],
  ['content', { ...content, size: -1 }],
  ['content', { ...content, checksum: 'abc' }],
  ['content', { ...content, checksum: 'AB'.repeat(16) }],
  ['content', { ...content, more: 1 }],
  ['content', { ...content, reason: 1 }],
  ['names', { ...names, names: ['a/b'] }],
  ['names', { ...names, names: [''] }],
  ['names', { ...names, names: 'a' }],
  ['names', { ...names, last: undefined }],
])('a line of %s that is wrong is refused: %j', (kind, line) => {
  expect(decodeVerify(kind, JSON.stringify(line))).toMatchObject({ wrong: expect.any(String) })
})

it('the lines that these were made of are right', () => {
  expect(decodeVerify('content', JSON.stringify(content))).toMatchObject({ size: 1n })
  expect(decodeVerify('names', JSON.stringify(names))).toMatchObject({
    names: [Buffer.from('a'), Buffer.from([0xff])],
    path: Buffer.alloc(0) as PathBytes,
  })
})
