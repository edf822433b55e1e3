import { describe, expect, it } from 'vitest'
import { formatSnapshotList } from './format-snapshot-list.js'
import { parseSnapshotList, parseSnapshotPieces, snapshotNameFor, timestampOfName } from './parse-snapshot-list.js'

/** As a Lustre 2.17 prints it. */
const LIST = `
filesystem_name: src
snapshot_name: missost
create_time: Sun Nov 22 22:24:27 2026
modify_time: Sun Nov 22 22:24:27 2026
snapshot_fsname: 2358c01f 
status: not mount

filesystem_name: src
snapshot_name: src-backup-1795386177
snapshot_fsname: 2e885ae1 
comment: source_fsname: src, source_snapshot: x 
modify_time: Sun Nov 22 22:22:57 2026
create_time: Sun Nov 22 22:22:57 2026
status: mounted

filesystem_name: src
snapshot_name: 2026-11-22_22.15.00:x-y
snapshot_fsname: 6df90901 
create_time: Sun Nov 22 22:22:40 2026
modify_time: Sun Nov 22 22:30:40 2026
status: not mount
`

const DETAIL = `
filesystem_name: src
snapshot_name: missost

snapshot_role: MGS
snapshot_fsname: 2358c01f 
modify_time: Sun Nov 22 22:24:27 2026
create_time: Sun Nov 22 22:24:27 2026
status: not mount

snapshot_role: MDT0000
create_time: Sun Nov 22 22:24:27 2026
modify_time: Sun Nov 22 22:24:27 2026
snapshot_fsname: 2358c01f 
status: not mount

snapshot_role: OST0001
status: not mount
`

const local = (time: string) => Date.parse(time) / 1000

describe('a list of snapshots', () => {
  const snapshots = parseSnapshotList(LIST)
  const named = (name: string) => snapshots.find((snapshot) => snapshot.name === name)

  it('is read whatever the order of keys', () => {
    expect(snapshots).toHaveLength(3)
    expect(named('missost')).toEqual({
      name: 'missost',
      fsname: 'src',
      snapshotFsname: '2358c01f',
      timestamp: local('2026-11-22T22:24:27'),
      createTime: 'Sun Nov 22 22:24:27 2026',
      modifyTime: 'Sun Nov 22 22:24:27 2026',
      comment: null,
      mounted: false,
      ours: false,
    })
    expect(named('src-backup-1795386177')).toMatchObject({
      snapshotFsname: '2e885ae1',
      timestamp: 1795386177,
      comment: 'source_fsname: src, source_snapshot: x',
      mounted: true,
      ours: true,
    })
    expect(named('2026-11-22_22.15.00:x-y')).toMatchObject({ timestamp: local('2026-11-22T22:22:40'), ours: false })
  })

  it('is sorted, newest first', () => {
    const timestamps = snapshots.map(({ timestamp }) => timestamp)
    expect(timestamps).toEqual(timestamps.toSorted((a, b) => b - a))
    expect(parseSnapshotList(LIST.replace('1795386177', '9999999999'))[0]?.ours).toBe(true)
  })

  it('may be empty', () => {
    expect(parseSnapshotList('')).toEqual([])
    expect(parseSnapshotList('\n\n')).toEqual([])
  })

  it('printed by us is read as the same', () => {
    const snapshots = parseSnapshotList(LIST)
    expect(parseSnapshotList(formatSnapshotList(snapshots))).toEqual(snapshots)
  })

  it('leaves out what has no name or no file system yet', () => {
    expect(parseSnapshotList('filesystem_name: src\nsnapshot_name: half\nstatus: not mount\n')).toEqual([])
  })
})

describe('the detail of a snapshot', () => {
  it('tells which targets have their piece', () => {
    expect(parseSnapshotPieces(DETAIL)).toEqual([
      { role: 'MGS', present: true },
      { role: 'MDT0000', present: true },
      { role: 'OST0001', present: false },
    ])
  })

  it('is none where the wrapper shows none', () => {
    expect(parseSnapshotPieces(LIST)).toBeNull()
  })
})

describe('a name', () => {
  it('of ours holds the timestamp', () => {
    expect(timestampOfName(snapshotNameFor('my_fs-1', 1700000000))).toBe(1700000000)
  })

  it.each(['snap1', 'src-backup-', 'src-backup-17x', 'src-backup-17-old', '-backup-17', 'longer-than-8-backup-17'])(
    '%s is not ours',
    (name) => {
      expect(timestampOfName(name)).toBeNull()
    },
  )
})
