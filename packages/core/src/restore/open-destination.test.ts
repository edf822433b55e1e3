import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addon } from '../filediff/block-file.js'
import { assertOutside, identitiesOf, openDestination } from './open-destination.js'

/** Where only root can make anything; a temporary folder is not such a place. */
const ROOTS_ONLY = '/run'
const isRoot = process.geteuid?.() === 0

let trusted: string
let shared: string
beforeEach(() => {
  trusted = isRoot ? mkdtempSync(join(ROOTS_ONLY, 'lustrebackup-destination-')) : ''
  shared = mkdtempSync(join(tmpdir(), 'lustrebackup-destination-'))
})
afterEach(() => {
  for (const folder of [trusted, shared]) if (folder !== '') rmSync(folder, { recursive: true })
})

/** What a path opens; it is made where it is missing. */
function opened(path: string, create = true): string | null {
  const fd = openDestination(addon(), path, create)
  if (fd === null) return null
  const place = readlinkSync(`/proc/self/fd/${fd}`)
  addon().closeRoot(fd)
  return place
}

describe.runIf(isRoot)('a symlink on the way', () => {
  it('is followed where only root could have made it', () => {
    mkdirSync(join(trusted, 'real/below'), { recursive: true })
    symlinkSync('real', join(trusted, 'link'))
    symlinkSync(join(trusted, 'link'), join(trusted, 'absolute'))
    expect(opened(join(trusted, 'absolute/below'))).toBe(join(trusted, 'real/below'))
    symlinkSync('loop', join(trusted, 'loop'))
    expect(() => opened(join(trusted, 'loop'))).toThrow(expect.objectContaining({ code: expect.stringMatching(/^RESTORE_/) }))
  })

  it('is not followed where others could have, nor below such a folder', () => {
    mkdirSync(join(trusted, 'real'))
    mkdirSync(join(trusted, 'open/inner'), { recursive: true })
    chmodSync(join(trusted, 'open'), 0o777)
    for (const link of ['open/link', 'open/inner/link']) {
      symlinkSync(join(trusted, 'real'), join(trusted, link))
      expect(() => opened(join(trusted, link))).toThrow(expect.objectContaining({ code: 'RESTORE_THROUGH_SYMLINK' }))
      expect(() => opened(join(trusted, link, 'below'))).toThrow(expect.objectContaining({ code: 'RESTORE_THROUGH_SYMLINK' }))
    }
    expect(readdirSync(join(trusted, 'real'))).toEqual([])
  })
})

it('what is missing is made for root only, and only when it is wanted', () => {
  expect(opened(join(shared, 'a/b'), false)).toBeNull()
  expect(existsSync(join(shared, 'a'))).toBe(false)
  expect(opened(join(shared, 'a/%62'))).toBe(join(shared, 'a/b'))
  expect([lstatSync(join(shared, 'a')).mode & 0o7777, lstatSync(join(shared, 'a/b')).mode & 0o7777]).toEqual([0o700, 0o1700])
})

it('a path with .. is wrong usage, a file no folder', () => {
  expect(() => opened(`${join(shared, 'a')}/../b`)).toThrow(expect.objectContaining({ code: 'USAGE', exitCode: 2 }))
  expect(() => opened('/etc/passwd')).toThrow(expect.objectContaining({ code: 'RESTORE_FOLDER' }))
})

it('nothing is restored into the backup, by whatever path', () => {
  mkdirSync(join(shared, 'backup/tree'), { recursive: true })
  const forbidden = identitiesOf([join(shared, 'backup'), join(shared, 'not-there')])
  const check = (path: string) => {
    const fd = openDestination(addon(), path, true)!
    try {
      assertOutside(fd, path, forbidden)
    } finally {
      addon().closeRoot(fd)
    }
  }
  for (const inside of ['backup', 'backup/tree', './backup/./tree/']) {
    expect(() => check(`${shared}/${inside}`)).toThrow(expect.objectContaining({ code: 'RESTORE_INTO_BACKUP' }))
  }
  check(shared)
})
