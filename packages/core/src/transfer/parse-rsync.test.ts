import { describe, expect, it } from 'vitest'
import { explainExit, missesFiles, NO_STATS, parseReasons, parseRsyncVersion, parseStats, reasonFor, rsyncText } from './parse-rsync.js'

it('reads the statistics of a run', () => {
  const stdout = [
    'Number of files: 8 (reg: 4, dir: 2, link: 1, special: 1)',
    'Number of regular files transferred: 3',
    'Total file size: 24 bytes',
    'Total transferred file size: 12345678901234567890 bytes',
    'Literal data: 9 bytes',
    'Total bytes received: 391',
  ].join('\n')
  expect(parseStats(stdout)).toEqual({ fileCount: 3n, totalBytes: 12345678901234567890n, literalBytes: 9n, receivedBytes: 391n })
  expect(parseStats('')).toEqual(NO_STATS)
})

it.each([
  [0, 'done'],
  [23, 'partial'],
  [11, 'failed'],
  [24, 'failed'],
  [77, 'failed'],
  [null, 'failed'],
])('exit code %s is %s', (exitCode, kind) => {
  const end = explainExit(exitCode)
  expect(end.kind).toBe(kind)
  expect(end.hint !== '').toBe(kind === 'failed')
})

it.each([
  ['rsync: [sender] link_stat "/mnt/s1/d/a" failed: No such file or directory (2)', true],
  ['rsync: [sender] change_dir "/mnt/s1" failed: Stale file handle (116)', true],
  ['rsync: [sender] readlink_stat("/mnt/s1/a") failed: Cannot send after transport endpoint shutdown (108)', true],
  ['rsync: [sender] send_files failed to open "/mnt/s1/d/a": Permission denied (13)', false],
  ['rsync: [sender] read errors mapping "/mnt/s1/a (2)": Input/output error (5)', false],
  ['rsync: [receiver] mkstemp "/data/a" failed: No such file or directory (2)', false],
])('%s: files are missing: %s', (line, missing) => {
  expect(missesFiles(`first line\n${line}\nrsync error: some files could not be transferred (code 23)\n`)).toBe(missing)
})

describe('reasons', () => {
  const folders = { remoteFolder: '/mnt/s1', localFolder: '/data' }

  it.each([
    ['rsync: [sender] send_files failed to open "/mnt/s1/d/a": Permission denied (13)', 'd/a', 'Permission denied (13)'],
    ['rsync: [sender] link_stat "/mnt/s1/d/a" failed: No such file or directory (2)', 'd/a', 'No such file or directory (2)'],
    ['rsync: [sender] read errors mapping "/mnt/s1/a": Input/output error (5)', 'a', 'Input/output error (5)'],
    [
      'rsync: [receiver] rsync_xal_set: lsetxattr("/data/a","user.x") failed: Operation not supported (95)',
      'a',
      'Operation not supported (95)',
    ],
    ['ERROR: d/a failed verification -- update retained.', 'd/a', 'failed verification -- update retained.'],
    [
      'rsync: [sender] link_stat "/mnt/s1/\\#303\\#274\\#012" failed: No such file or directory (2)',
      'ü\n',
      'No such file or directory (2)',
    ],
  ])('%s', (line, path, reason) => {
    expect(reasonFor(parseReasons(`something else\n${line}\n`), folders, [Buffer.from('other'), Buffer.from(path)])).toBe(reason)
  })

  it('are only those of the very path', () => {
    const reasons = parseReasons('rsync: [sender] link_stat "/mnt/s1/a" failed: No such file or directory (2)')
    expect(reasonFor(reasons, folders, [Buffer.from('s1/a'), Buffer.from('A')])).toBeNull()
  })
})

it('writes a path as rsync does', () => {
  expect(rsyncText(Buffer.from('a b\\c\t\\#1'))).toBe('a b\\c\\#011\\#134#1')
  expect(rsyncText(Buffer.from([0xff, 0x7f, 0x20]))).toBe('\\#377\\#177 ')
})

it('reads the version of an rsync', () => {
  expect(parseRsyncVersion('rsync  version 3.2.7  protocol version 31\n')).toEqual([3, 2, 7])
  expect(parseRsyncVersion('rsync  version v3.5.0  protocol version 32')).toEqual([3, 5, 0])
  expect(parseRsyncVersion('openrsync: protocol version 29')).toBeNull()
})
