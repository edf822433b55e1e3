import {
  chmodSync,
  chownSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Lustreapi } from '@lustrebackup/lustreapi/binding'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addon } from '../filediff/block-file.js'
import { RestoreFolder } from './restore-folder.js'
import { ownScratch, scratchName } from './scratch-name.js'

const OWNER = ownScratch()
const NAME = scratchName(OWNER).toString()
let top: string
let users: string
let victim: string
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'lustrebackup-restore-folder-'))
  users = join(top, 'users')
  victim = join(top, 'victim')
  for (const folder of [users, victim]) mkdirSync(folder)
  writeFileSync(join(victim, 'precious'), 'precious')
})
afterEach(() => rmSync(top, { recursive: true }))

function open(api: Lustreapi = addon()): RestoreFolder {
  return RestoreFolder.of(api, api.openRoot(users), OWNER)
}

function stageFile(folder: RestoreFolder, content: string): Buffer {
  const staged = folder.stage()
  const fd = addon().openFile(folder.scratch(), staged, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL)
  writeFileSync(fd, content)
  addon().closeRoot(fd)
  return staged
}

/** The addon, with somebody who does something right before a call. */
function interrupted(call: 'openFile' | 'rename' | 'link', act: () => void): Lustreapi {
  let done = false
  const before = (...args: never[]) => {
    if (!done) act()
    done = true
    return (addon()[call] as (...all: never[]) => unknown)(...args)
  }
  return { ...addon(), [call]: before } as Lustreapi
}

const intact = () =>
  expect([readdirSync(victim), readFileSync(join(victim, 'precious'), 'utf8'), lstatSync(victim).mode & 0o777]).toEqual([
    ['precious'],
    'precious',
    0o755,
  ])

describe('whatever the owner of a folder does meanwhile', () => {
  it('what is restored comes into the folder that was opened, and nothing else is touched', () => {
    const folder = open()
    const staged = stageFile(folder, 'restored')
    renameSync(users, join(top, 'moved'))
    symlinkSync(victim, users)
    folder.place(staged, Buffer.from('file'), false)
    folder.close()
    expect(readdirSync(join(top, 'moved'))).toEqual(['file'])
    intact()
  })

  it('a symlink or a folder of his in the place of the scratch folder is not used', () => {
    for (const act of [
      () => symlinkSync(victim, join(users, NAME)),
      () => {
        mkdirSync(join(users, NAME), { mode: 0o700 })
        chownSync(join(users, NAME), 4321, 4321)
      },
    ]) {
      const folder = open(
        interrupted('openFile', () => {
          rmSync(join(users, NAME), { recursive: true })
          act()
        }),
      )
      expect(() => folder.scratch()).toThrow(/ELOOP|ENOTDIR|somebody put something else/)
      addon().closeRoot(folder.fd)
      rmSync(join(users, NAME), { recursive: true })
      intact()
    }
  })

  it('what appears at a place is not replaced, what is exchanged there is told', () => {
    const folder = open(interrupted('link', () => writeFileSync(join(users, 'file'), 'mine')))
    expect(() => folder.place(stageFile(folder, 'restored'), Buffer.from('file'), false)).toThrow(/EEXIST/)
    expect(readFileSync(join(users, 'file'), 'utf8')).toBe('mine')
    folder.place(stageFile(folder, 'restored'), Buffer.from('file'), true)
    expect(readFileSync(join(users, 'file'), 'utf8')).toBe('restored')
    folder.close()
    expect(readdirSync(users)).toEqual(['file'])
  })

  it('nor without hard links', () => {
    const link = () => {
      writeFileSync(join(users, 'file'), 'mine')
      throw Object.assign(new Error('no links here'), { code: 'EPERM' })
    }
    const folder = open({ ...addon(), link })
    expect(() => folder.place(stageFile(folder, 'restored'), Buffer.from('file'), false)).toThrow(/EEXIST/)
    expect(readFileSync(join(users, 'file'), 'utf8')).toBe('mine')
    folder.close()
  })

  it('a scratch folder that he moves away, or has exchanged, stops nothing', () => {
    for (const exchange of [() => undefined, () => symlinkSync(victim, join(users, NAME))]) {
      const folder = open()
      folder.scratch()
      renameSync(join(users, NAME), join(users, 'taken'))
      exchange()
      folder.place(stageFile(folder, 'restored'), Buffer.from('file'), true)
      folder.close()
      expect(readFileSync(join(users, 'file'), 'utf8')).toBe('restored')
      expect(readdirSync(join(users, 'taken'))).toEqual([])
      rmSync(join(users, 'taken'), { recursive: true })
      rmSync(join(users, NAME), { force: true })
      intact()
    }
  })

  it('a symlink at the place is replaced itself', () => {
    symlinkSync(join(victim, 'precious'), join(users, 'file'))
    const folder = open()
    folder.place(stageFile(folder, 'restored'), Buffer.from('file'), true)
    folder.close()
    expect(lstatSync(join(users, 'file')).isFile()).toBe(true)
    intact()
  })
})

describe('a folder that is made', () => {
  it('can be entered by nobody else until it is finished, and is known again', () => {
    chmodSync(users, 0o2777)
    const folder = open()
    const made = folder.make(Buffer.from('made'))
    expect(lstatSync(join(users, 'made')).mode).toBe(0o41700)
    made.close()
    expect([made.unfinished, folder.unfinished]).toEqual([true, false])
    const again = RestoreFolder.open(addon(), folder.fd, Buffer.from('made'), OWNER)
    expect(again.unfinished).toBe(true)
    again.close()
    chownSync(join(users, 'made'), 4321, 4321)
    const others = RestoreFolder.open(addon(), folder.fd, Buffer.from('made'), OWNER)
    expect(others.unfinished).toBe(false)
    others.close()
    folder.close()
  })
})

describe('what a restore that was killed has left', () => {
  it('is removed, but nothing that only has its name', () => {
    mkdirSync(join(users, 'left'), { mode: 0o700 })
    writeFileSync(join(users, 'left/1'), 'half')
    mkdirSync(join(users, 'left/2'))
    mkdirSync(join(users, 'mine'), { mode: 0o755 })
    writeFileSync(join(users, 'mine/1'), 'mine')
    symlinkSync(victim, join(users, 'link'))
    const folder = open()
    for (const name of ['left', 'mine']) folder.removeStale(Buffer.from(name))
    expect(() => folder.removeStale(Buffer.from('link'))).toThrow(/ELOOP|ENOTDIR/)
    folder.close()
    expect(existsSync(join(users, 'left'))).toBe(false)
    expect(readFileSync(join(users, 'mine/1'), 'utf8')).toBe('mine')
    intact()
  })
})
