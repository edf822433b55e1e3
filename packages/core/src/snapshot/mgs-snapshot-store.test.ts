import { describe, expect, it } from 'vitest'
import { joinWords } from '../ssh/remote-words.js'
import { createMgsSnapshotStore } from './mgs-snapshot-store.js'

/** A store whose MGS ends every command in the same way. */
function store(exitCode: number, stderr = '') {
  const asked: string[] = []
  const signals: (AbortSignal | undefined)[] = []
  const signal = new AbortController().signal
  const opened = createMgsSnapshotStore({
    fsname: 'src',
    commands: 'lctl',
    signal,
    mgs: {
      run: async (words, options) => {
        asked.push(joinWords(words))
        signals.push(options.signal)
        return { exitCode, signal: null, stdout: Buffer.alloc(0), stderr }
      },
    },
  })
  return { store: opened, asked, signals, signal }
}

describe('the end of a command', () => {
  it.each([
    [17, 'The snapshot s1 exists', 'SNAPSHOT_EXISTS'],
    [110, "Can't create the snapshot s1", 'SNAPSHOT_BARRIER'],
    [114, 'Fail to freeze barrier for src: Operation already in progress', 'SNAPSHOT_BARRIER'],
    [1, 'whatever', 'SNAPSHOT_CREATE_FAILED'],
  ])('create, exit code %i', async (exitCode, stderr, code) => {
    const result = store(exitCode, stderr).store.create('s1', '', 30)
    await expect(result).rejects.toMatchObject({ code, message: `cannot create the snapshot s1: ${stderr} (exit code ${exitCode})` })
  })

  it('mounted already, and not mounted, are success', async () => {
    await store(114).store.mount('s1')
    await store(114).store.umount('s1')
  })

  it.each([
    ['mount', 'SNAPSHOT_MOUNT_FAILED'],
    ['umount', 'SNAPSHOT_UMOUNT_FAILED'],
    ['destroy', 'SNAPSHOT_DESTROY_FAILED'],
  ] as const)('%s, exit code 22', async (call, code) => {
    const run = call === 'destroy' ? store(22).store.destroy('s1', false) : store(22).store[call]('s1')
    await expect(run).rejects.toMatchObject({ code, message: expect.stringContaining('s1') })
  })

  it('of a list that fails is an error, never an empty list', async () => {
    await expect(store(1, 'Miss MDT0').store.list()).rejects.toMatchObject({ code: 'SNAPSHOT_LIST_FAILED' })
  })

  it('of a refused detail is "not told"', async () => {
    expect(await store(1).store.pieces('s1')).toBeNull()
  })
})

it('lets an aborted run unmount', async () => {
  const { store: opened, signals, signal } = store(0)
  await opened.mount('s1')
  await opened.umount('s1')
  expect(signals).toEqual([signal, undefined])
})
