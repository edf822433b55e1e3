import { describe, expect, it } from 'vitest'
import { LustrebackupError } from '../errors/errors.js'
import { silentLog } from '../log/silent-log.js'
import { runSnapshotCreate, type SnapshotCreateRequest } from './snapshot-create-run.js'
import type { Snapshot, SnapshotPiece } from './snapshot-types.js'

const START = 1_700_000_000
const WHOLE: readonly SnapshotPiece[] = ['MGS', 'MDT0000', 'MDT0001', 'OST0000'].map((role) => ({ role, present: true }))

interface Behaviour {
  /** Codes with which the first calls of create fail. */
  readonly failures?: readonly string[]
  readonly pieces?: readonly SnapshotPiece[] | null
  readonly destroyFails?: boolean
  /** A snapshot is there although create fails. */
  readonly leftover?: string
}

/** Runs a create against a store that keeps a diary; sleeping moves the clock and nothing else. */
async function create(request: Partial<SnapshotCreateRequest>, behaviour: Behaviour = {}, controller = new AbortController()) {
  const diary: string[] = []
  const failures = [...(behaviour.failures ?? [])]
  let now = START
  const unused = () => Promise.reject(new Error('not used'))
  const store = {
    list: async () => (behaviour.leftover === undefined ? [] : [{ name: behaviour.leftover } as Snapshot]),
    mount: unused,
    umount: unused,
    create: async (name: string, comment: string, barrierSeconds: number) => {
      diary.push(`create ${name} "${comment}" ${barrierSeconds}`)
      const code = failures.shift()
      if (code !== undefined) throw new LustrebackupError(code, code)
    },
    pieces: async () => (behaviour.pieces === undefined ? [...WHOLE] : behaviour.pieces === null ? null : [...behaviour.pieces]),
    destroy: async (name: string, force: boolean) => {
      diary.push(`destroy ${name} ${force}`)
      if (behaviour.destroyFails === true) throw new Error('busy')
    },
  }
  const sleep = async (seconds: number) => {
    diary.push(`sleep ${seconds}`)
    now += seconds
  }
  const full = { fsname: 'src', name: null, comment: 'c', retries: 10, expectedRoles: ['MDT0000', 'MDT0001'], ...request }
  const ports = { store, log: silentLog, signal: controller.signal, nowSeconds: () => now, sleep }
  const result = await runSnapshotCreate(full, ports).catch((error: unknown) => error)
  return { diary, result }
}

it('is named after the file system and the time', async () => {
  expect(await create({})).toEqual({ diary: [`create src-backup-${START} "c" 30`], result: `src-backup-${START}` })
})

describe('a barrier that expires', () => {
  it('is tried again, each time after a longer pause, with a longer one and the time of the attempt', async () => {
    const { diary, result } = await create({}, { failures: ['SNAPSHOT_BARRIER', 'SNAPSHOT_BARRIER'] })
    expect(diary).toEqual([
      `create src-backup-${START} "c" 30`,
      'sleep 60',
      `create src-backup-${START + 60} "c" 45`,
      'sleep 90',
      `create src-backup-${START + 150} "c" 60`,
    ])
    expect(result).toBe(`src-backup-${START + 150}`)
  })

  it('too often is an error, and never freezes for more than two minutes, nor waits for more than three', async () => {
    const { diary, result } = await create({ name: 'mine', retries: 9 }, { failures: Array(20).fill('SNAPSHOT_BARRIER') })
    expect(result).toMatchObject({ code: 'SNAPSHOT_BARRIER' })
    expect(diary.filter((line) => line.startsWith('create'))).toHaveLength(10)
    expect(diary.slice(-3)).toEqual(['create mine "c" 120', 'sleep 180', 'create mine "c" 120'])
  })

  it('is not tried again after an abort', async () => {
    const controller = new AbortController()
    controller.abort(new Error('stopped'))
    const { diary, result } = await create({}, { failures: ['SNAPSHOT_BARRIER'] }, controller)
    expect(result).toMatchObject({ message: 'stopped' })
    expect(diary).toHaveLength(2)
  })
})

it.each(['SSH_UNREACHABLE', 'MGS_NOT_FOUND'])('%s may pass by itself, and is tried again', async (code) => {
  const { diary, result } = await create({}, { failures: [code] })
  expect(diary[1]).toBe('sleep 60')
  expect(result).toBe(`src-backup-${START + 60}`)
})

it.each(['SNAPSHOT_EXISTS', 'SNAPSHOT_CREATE_FAILED', 'EXEC_TIMEOUT', 'SSH_CONNECTION_LOST'])('%s is not tried again', async (code) => {
  const { diary, result } = await create({}, { failures: [code] })
  expect(result).toMatchObject({ code })
  expect(diary).toHaveLength(1)
})

describe('a snapshot that is there although it could not be made', () => {
  const name = `src-backup-${START}`

  it('is destroyed when its name says that it is the one', async () => {
    const { diary, result } = await create({}, { failures: ['SNAPSHOT_CREATE_FAILED'], leftover: name })
    expect(diary.at(-1)).toBe(`destroy ${name} true`)
    expect(result).toMatchObject({
      code: 'SNAPSHOT_CREATE_FAILED',
      message: expect.stringMatching(/is there all the same: it was destroyed again$/),
    })
  })

  it('and cannot be destroyed is told as both', async () => {
    const { result } = await create({}, { failures: ['EXEC_TIMEOUT'], leftover: name, destroyFails: true })
    expect(result).toMatchObject({ code: 'EXEC_TIMEOUT', message: expect.stringContaining('could not be destroyed (busy)') })
  })

  it('under a name that somebody chose may be older: it is left alone', async () => {
    const { diary, result } = await create({ name: 'mine' }, { failures: ['SNAPSHOT_CREATE_FAILED'], leftover: 'mine' })
    expect(diary).toEqual(['create mine "c" 30'])
    expect(result).toMatchObject({ hint: expect.stringContaining('lustrebackup_snapshot_destroy -f -n mine') })
  })
})

describe('a snapshot that is not whole', () => {
  it.each<[string, readonly SnapshotPiece[], string]>([
    ['lacks a piece', WHOLE.map((piece) => ({ ...piece, present: piece.role !== 'OST0000' })), 'lacks OST0000'],
    ['does not list an MDT of the configuration', WHOLE.filter(({ role }) => role !== 'MDT0001'), 'lacks MDT0001'],
  ])('because it %s is destroyed', async (_, pieces, reason) => {
    const { diary, result } = await create({ name: 's' }, { pieces })
    expect(result).toMatchObject({ code: 'SNAPSHOT_INCOMPLETE', message: expect.stringContaining(reason) })
    expect(diary.at(-1)).toBe('destroy s true')
  })

  it('and cannot be destroyed is told as both', async () => {
    const { result } = await create({ name: 's' }, { pieces: [{ role: 'MGS', present: false }], destroyFails: true })
    expect(result).toMatchObject({ message: expect.stringMatching(/lacks MDT0000, MDT0001, MGS and could not be destroyed \(busy\)/) })
  })

  it('cannot be told where the MGS does not say', async () => {
    expect((await create({ name: 's' }, { pieces: null })).result).toBe('s')
  })
})
