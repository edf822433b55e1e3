import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { compareTrees } from './compare-trees.js'

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'compare-'))
  const a = join(base, 'a')
  mkdirSync(join(a, 'd'), { recursive: true })
  writeFileSync(join(a, 'd/f'), 'content')
  linkSync(join(a, 'd/f'), join(a, 'g'))
  writeFileSync(Buffer.from(`${a}/odd \\ \xff\n`, 'latin1'), 'x')
  symlinkSync('d/f', join(a, 'l'))
  writeFileSync(join(a, 'sparse'), '')
  truncateSync(join(a, 'sparse'), 8 * 1024 * 1024)
  execFileSync('setfattr', ['-n', 'user.k', '-v', 'v', join(a, 'd')])
  execFileSync('setfacl', ['-m', 'u:1:rwx', join(a, 'd/f')])
  execFileSync('cp', ['-a', a, join(base, 'b')])
})
afterEach(() => rmSync(base, { recursive: true }))

it('finds a copy equal', async () => {
  const { entryCount, differences } = await compareTrees(join(base, 'a'), join(base, 'b'))
  expect(differences).toEqual([])
  expect(entryCount).toBe(7)
})

it.each<[string, (b: string) => void, RegExp]>([
  [
    'content',
    (b) =>
      execFileSync('sh', ['-c', 'm=$(stat -c %y d/f); printf CONTENT | dd of=d/f conv=notrunc status=none; touch -d "$m" d/f'], { cwd: b }),
    /content/,
  ],
  ['mode', (b) => chmodSync(join(b, 'd'), 0o700), /"d": mode is 0700/],
  ['mtime', (b) => utimesSync(join(b, 'sparse'), 1, 1), /"sparse": mtime/],
  ['a missing entry', (b) => unlinkSync(join(b, 'l')), /"l": missing/],
  ['an extra entry', (b) => writeFileSync(join(b, 'more'), ''), /"more": extra/],
  ['a link target', (b) => execFileSync('ln', ['-sfn', 'x', join(b, 'l')]), /link target/],
  ['a lost hard link', (b) => execFileSync('sh', ['-c', 'cp -a g h && mv h g'], { cwd: b }), /hard links/],
  ['an xattr', (b) => execFileSync('setfattr', ['-x', 'user.k', join(b, 'd')]), /user\.k is none/],
  ['an ACL', (b) => execFileSync('setfacl', ['-m', 'u:1:r', join(b, 'd/f')]), /posix_acl_access/],
  ['a lost hole', (b) => execFileSync('sh', ['-c', 'cat sparse > full; touch -r sparse full; mv full sparse'], { cwd: b }), /holes/],
])('finds %s', async (_, damage, expected) => {
  damage(join(base, 'b'))
  const { differences } = await compareTrees(join(base, 'a'), join(base, 'b'))
  expect(differences.join('\n')).toMatch(expected)
})
