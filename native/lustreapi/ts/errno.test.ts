import { expect, it } from 'vitest'
import { ErrnoError, errnoName, errnoText } from './errno.js'

it.each([
  [1, 'EPERM'],
  [2, 'ENOENT'],
  [11, 'EAGAIN'],
  [61, 'ENODATA'],
  [95, 'ENOTSUP'],
  [108, 'ESHUTDOWN'],
  [116, 'ESTALE'],
  [117, 'EUCLEAN'],
  [121, 'EREMOTEIO'],
  [122, 'EDQUOT'],
  [999, 'errno 999'],
])('names %i %s', (errno, name) => {
  expect(errnoName(errno)).toBe(name)
})

it('has words for what Lustre answers', () => {
  expect(errnoText(108)).toContain('evicted')
  expect(errnoText(2)).toBe('no such file or directory')
  expect(errnoText(999)).toBe('unknown error')
})

it('describes the call, both paths and the detail', () => {
  const error = new ErrnoError({ errno: 71, syscall: 'read', path: Buffer.from('a\tb'), dest: Buffer.from([0xff]), detail: 'at byte 7' })
  expect(error.message).toBe('read "a\\tb" -> "\\xff": EPROTO: protocol error: at byte 7')
  expect(error).toMatchObject({ errno: 71, code: 'EPROTO', syscall: 'read' })
})
