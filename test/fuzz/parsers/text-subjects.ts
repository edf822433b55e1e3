import { parseChangelogUsers } from '@lustrebackup/core/changelog/parse-changelog-users'
import { parseIni } from '@lustrebackup/core/config/parse-ini'
import { parseFindmnt } from '@lustrebackup/core/snapshot/parse-findmnt'
import { parseSnapshotList, parseSnapshotPieces } from '@lustrebackup/core/snapshot/parse-snapshot-list'
import { OWED_MAX_FIDS, parseOwed } from '@lustrebackup/core/source/parse-owed'
import { parseKnownHosts } from '@lustrebackup/core/ssh/parse-known-hosts'
import { parseSshSettings } from '@lustrebackup/core/ssh/parse-ssh-settings'
import { parseSourceInit } from '@lustrebackup/core/target/parse-source-init'
import { parseReasons, parseRsyncVersion, parseStats } from '@lustrebackup/core/transfer/parse-rsync'
import { parseFid } from '@lustrebackup/core/types/fid'
import { expect } from 'vitest'
import { clearly, type Subject } from '../support/subject.js'

const SOURCE_INIT = {
  protocol: 1,
  version: '1.0.0',
  fsname: 'src',
  lastBackup: 1_700_000_000,
  backup: {
    timestamp: 1_700_086_400,
    snapshotName: 'src-backup-1700086400',
    mountPoint: '/snap/src-backup-1700086400.backup',
    dataPath: 'data',
    map: {
      path: '/mnt/.lustrebackup/backupmap/1700086400',
      headerDigest: 'a'.repeat(64),
      parts: ['data.w0.ndjson'],
      files: [
        { name: 'header.json', text: '{}' },
        { name: 'data.w0.ndjson', text: '' },
      ],
    },
    resumed: false,
  },
}

const SNAPSHOT_LIST = `
filesystem_name: src
snapshot_name: src-backup-1700000000
create_time: Tue Nov 14 22:13:20 2023
modify_time: Tue Nov 14 22:13:20 2023
snapshot_fsname: 3d2c1b0a
status: not mount

filesystem_name: src
snapshot_name: by-hand
snapshot_role: MDT0000
comment: source_fsname: src, source_snapshot: x
create_time: Tue Nov 14 22:13:21 2023
modify_time: Tue Nov 14 22:13:21 2023
snapshot_fsname: 4d2c1b0a
status: mounted
`

const CHANGELOG_USERS = `mdd.src-MDT0000.changelog_users=current_index: 123
ID                            index (idle) mask=
cl1                           120 (3600)
cl2-name                      5 (10) mask=CREAT,CLOSE
mdd.src-MDT0000.changelog_gc=1
mdd.src-MDT0000.changelog_max_idle_time=2592000
`

const RSYNC_SAID = `rsync: [sender] send_files failed to open "/mnt/s1/a b": Permission denied (13)
ERROR: x/y failed verification -- update discarded.
rsync: [receiver] rename "/t/.a.X" -> "a": No space left on device (28)
Number of regular files transferred: 12
Total transferred file size: 1234 bytes
Literal data: 5 bytes
Total bytes received: 99
`

const text = (name: string, seeds: readonly string[], form: Subject['form'], read: (text: string, isValid: boolean) => void): Subject => ({
  name,
  form,
  seeds: seeds.map((seed) => Buffer.from(seed)),
  check: (input, _random, isValid) => read(input.toString('utf8'), isValid),
})

/** Text of other programs and hosts: answers, lists, messages. */
export const textSubjects: readonly Subject[] = [
  text(
    'answer of source_init',
    [JSON.stringify(SOURCE_INIT), JSON.stringify({ ...SOURCE_INIT, backup: null })],
    'json',
    (answer, isValid) => {
      const read = clearly(() => parseSourceInit(answer, 'source'))
      if (isValid) expect(read).not.toBeNull()
      const backup = read?.value.backup ?? null
      if (backup === null) return
      for (const path of [backup.mountPoint, backup.map.path]) expect(`${path}/`).toMatch(/^\/(?!.*\/\.\.\/)[^\0]*$/s)
    },
  ),
  text('snapshot list', [SNAPSHOT_LIST], 'bytes', (list, isValid) => {
    const snapshots = parseSnapshotList(list)
    if (isValid) expect(snapshots).toHaveLength(2)
    for (const { timestamp } of snapshots) expect(Number.isSafeInteger(timestamp)).toBe(true)
    parseSnapshotPieces(list)
  }),
  text('owed FIDs', ['[0x200000401:0x1:0x0]\n[0x200000401:0x2:0x0]\n', ''], 'bytes', (owed, isValid) => {
    const read = parseOwed(owed)
    if (isValid) expect(read.ok).toBe(true)
    if (!read.ok) return expect(read.error.length).toBeLessThan(1000)
    expect(read.value.length).toBeLessThanOrEqual(OWED_MAX_FIDS)
    for (const fid of read.value) expect(parseFid(fid)).toBe(fid)
  }),
  text('changelog users', [CHANGELOG_USERS], 'bytes', (users, isValid) => {
    const read = parseChangelogUsers(users, 'src')
    if (isValid) expect(read).toHaveLength(1)
  }),
  text('mounts', ['{"filesystems":[{"source":"a","target":"/b","fstype":"lustre","options":"ro,noatime"}]}'], 'json', (mounts) => {
    // Read from findmnt of this host: its callers name the program in front of what is wrong.
    clearly(
      () => parseFindmnt(mounts),
      (error) => error instanceof Error && !(error instanceof RangeError),
    )
  }),
  text('what rsync says', [RSYNC_SAID], 'bytes', (said, isValid) => {
    if (isValid) expect(parseReasons(said).size).toBe(3)
    parseReasons(said)
    parseStats(said)
    parseRsyncVersion(said)
  }),
  text(
    'ssh settings',
    ['hostname a\nport 22\nuser root\nidentityfile ~/.ssh/id\nuserknownhostsfile ~/.ssh/%h /x\n'],
    'bytes',
    (settings) => {
      const read = parseSshSettings(settings, { host: 'h', home: '/root', localUser: 'root', authSocket: null })
      expect(read.port).toBeGreaterThan(0)
    },
  ),
  text('known hosts', ['# Host a found: line 1\n|1|x=|y= ssh-rsa AAAA\n@revoked a ssh-ed25519 BBBB\n'], 'bytes', (hosts) => {
    parseKnownHosts(hosts)
  }),
  text('configuration file', ['[GLOBAL]\nlogdir = /x # y\n[LUSTRE]\nfsname = "src"\n'], 'bytes', (ini) => {
    parseIni(ini)
  }),
]
