import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LustrebackupError } from '../errors/errors.js'
import type { ExecResult } from '../exec/exec-port.js'
import { silentLog } from '../log/silent-log.js'
import { createClientMounts } from './client-mounts.js'
import { parseFindmnt } from './parse-findmnt.js'
import type { Snapshot } from './snapshot-types.js'

const SNAPSHOT: Snapshot = {
  name: 's1',
  fsname: 'src',
  snapshotFsname: '0a1b2c3d',
  timestamp: 1,
  createTime: '',
  modifyTime: '',
  comment: null,
  mounted: false,
  ours: false,
}

let home: string
let diary: string[]
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'lustrebackup-mounts-'))
  diary = []
})
afterEach(() => rmSync(home, { recursive: true }))

type Failure = ExecResult | Error
const ended = (exitCode: number, stdout = '', stderr = ''): ExecResult => ({ exitCode, signal: null, stdout: Buffer.from(stdout), stderr })

/** A node that mounts as it is told, with an `Exec` and an MGS that write a diary. `failures` end a program in another way. */
function node(failures: Readonly<Record<string, Failure>> = {}, granted = 'ro,noatime,user_xattr') {
  const table = new Map<string, string>()
  const programs: Readonly<Record<string, (args: readonly string[]) => ExecResult>> = {
    findmnt: (args) => {
      const at = args.indexOf('--mountpoint')
      const found = [...table].filter(([target]) => at === -1 || target === args[at + 1])
      const filesystems = found.map(([target, source]) => ({ target, source, fstype: 'lustre', options: granted }))
      return filesystems.length === 0 ? ended(1) : ended(0, JSON.stringify({ filesystems }))
    },
    mount: (args) => {
      table.set(args.at(-1)!, args.at(-2)!)
      return ended(0)
    },
    umount: (args) => ended(table.delete(args.at(-1)!) ? 0 : 32),
    lctl: () => ended(0),
  }
  const exec = {
    run: async (command: string, args: readonly string[]) => {
      if (command !== 'findmnt') diary.push([command, ...args].join(' ').replaceAll(home, 'HOME'))
      const failure = failures[command]
      if (failure instanceof Error) throw failure
      return failure ?? programs[command]!(args)
    },
  }
  const told = (what: string) => async (name: string) => void diary.push(`MGS: ${what} ${name}`)
  const unused = () => Promise.reject(new Error('not used'))
  const store = { mount: told('mount'), umount: told('umount'), list: unused, pieces: unused, create: unused, destroy: unused }
  const log = { ...silentLog, warning: (message: string) => void diary.push(`warning: ${message}`) }
  const settings = { nid: '1@tcp', snapshotHome: home, mountOpts: ['flock'], exec, store, log, signal: new AbortController().signal }
  return { mounts: createClientMounts(settings), table }
}

const timeout = new LustrebackupError('EXEC_TIMEOUT', 'did not end')

describe('a mount', () => {
  it('is made on the servers first, then here, with user xattrs and the configured options', async () => {
    expect(await node().mounts.mount(SNAPSHOT, 'backup')).toBe(join(home, 's1.backup'))
    expect(diary).toEqual([
      'MGS: mount s1',
      'mount -t lustre -o ro,noatime,user_xattr,flock 1@tcp:/0a1b2c3d HOME/s1.backup',
      'lctl set_param mdc.0a1b2c3d-MDT*.mdc_lsom=off llite.0a1b2c3d-*.xattr_cache=0',
    ])
  })

  it('that is there is not made again', async () => {
    const { mounts } = node()
    await mounts.mount(SNAPSHOT, 'backup')
    diary = []
    await mounts.mount(SNAPSHOT, 'backup')
    expect(diary).toEqual([])
  })

  it('that hangs is told as such', async () => {
    await expect(node({ mount: timeout }).mounts.mount(SNAPSHOT, 'b')).rejects.toMatchObject({ code: 'SNAPSHOT_MOUNT_HANGS' })
    expect(diary.at(-1)).toBe('MGS: umount s1')
  })

  it('that fails is told with the words of mount', async () => {
    const failing = node({ mount: ended(2, '', 'mount.lustre: Is the MGS specification correct?\n') })
    await expect(failing.mounts.mount(SNAPSHOT, 'b')).rejects.toMatchObject({
      code: 'SNAPSHOT_MOUNT_FAILED',
      message: expect.stringContaining('Is the MGS specification correct? (exit code 2)'),
    })
  })

  it('that silently hides user xattrs is refused, and undone', async () => {
    const { mounts, table } = node({}, 'ro,noatime')
    await expect(mounts.mount(SNAPSHOT, 'b')).rejects.toMatchObject({
      code: 'SNAPSHOT_MOUNT_WRONG',
      message: expect.stringContaining('without user_xattr'),
    })
    expect(table.size).toBe(0)
    expect(diary.slice(2)).toEqual(['umount -f HOME/s1.b', 'MGS: umount s1'])
    expect(readdirSync(home)).toEqual([])
  })

  it('goes on when a client knows no such setting', async () => {
    await node({ lctl: ended(2, '', 'no such parameter') }).mounts.mount(SNAPSHOT, 'b')
    expect(diary.filter((line) => line.startsWith('warning'))).toHaveLength(2)
  })
})

describe('an unmount', () => {
  it('reaches the servers with the last postfix, and removes the mount point', async () => {
    const { mounts } = node()
    await mounts.mount(SNAPSHOT, 'a')
    await mounts.mount(SNAPSHOT, 'b')
    expect(await mounts.postfixes(SNAPSHOT)).toEqual(['a', 'b'])
    diary = []
    await mounts.umount(SNAPSHOT, 'a', false)
    expect(diary).toEqual(['umount HOME/s1.a'])
    await mounts.umount(SNAPSHOT, 'b', true)
    expect(diary.slice(1)).toEqual(['umount -f HOME/s1.b', 'MGS: umount s1'])
    expect(readdirSync(home)).toEqual([])
  })

  it('of what is not mounted is done', async () => {
    await node().mounts.umount(SNAPSHOT, 'a', false)
    expect(diary).toEqual(['MGS: umount s1'])
  })

  it.each([['busy', ended(32, '', 'target is busy.')] as const, ['hanging', timeout] as const])(
    'that is %s keeps the servers',
    async (_, failure) => {
      const { mounts, table } = node({ umount: failure })
      await mounts.mount(SNAPSHOT, 'a')
      await expect(mounts.umount(SNAPSHOT, 'a', false)).rejects.toMatchObject({
        code: 'SNAPSHOT_UMOUNT_FAILED',
        hint: expect.stringContaining('--force'),
      })
      expect(table.size).toBe(1)
      expect(diary).not.toContain('MGS: umount s1')
    },
  )

  it('never touches what else is mounted there', async () => {
    const { mounts, table } = node()
    table.set(join(home, 's1.a'), '1@tcp:/src')
    await expect(mounts.umount(SNAPSHOT, 'a', true)).rejects.toMatchObject({ code: 'SNAPSHOT_MOUNT_WRONG' })
    expect(table.size).toBe(1)
  })
})

it('findmnt that finds nothing prints nothing', () => {
  expect(parseFindmnt('')).toEqual([])
  expect(() => parseFindmnt('{"filesystems": [{"target": 1}]}')).toThrow('source is not a text')
})
