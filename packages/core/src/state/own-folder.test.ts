import { chmodSync, chownSync, lchownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeMetaFolders } from './durable.js'
import { metaLayout } from './meta-layout.js'
import { saveState } from './state-file.js'

const STRANGER = 65534
let folder: string
let basepath: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-own-'))
  basepath = join(folder, '.lustrebackup')
})
afterEach(() => rmSync(folder, { recursive: true }))

const make = () => makeMetaFolders(metaLayout(basepath))
const modeOf = (path: string) => statSync(path).mode & 0o7777

it('state is for its owner alone', () => {
  make()
  saveState(join(basepath, 'tmp/a.json'), {})
  expect([basepath, join(basepath, 'tmp'), join(basepath, 'tmp/a.json')].map(modeOf)).toEqual([0o700, 0o700, 0o600])
})

it('folders that an administrator made for all to see are closed', () => {
  mkdirSync(join(basepath, 'backup'), { recursive: true })
  for (const path of [basepath, join(basepath, 'backup')]) chmodSync(path, 0o755)
  make()
  expect([basepath, join(basepath, 'backup')].map(modeOf)).toEqual([0o700, 0o700])
})

it('a sticky folder that everybody may write to is a safe place', () => {
  chmodSync(folder, 0o1777)
  make()
  expect(modeOf(basepath)).toBe(0o700)
})

const refused = (reason: string) =>
  expect(make).toThrow(expect.objectContaining({ code: 'STATE_UNWRITABLE', message: expect.stringContaining(reason) }))

it('a folder where everybody could replace it is refused', () => {
  chmodSync(folder, 0o777)
  refused('everybody may write to')
})

it('a link in the place of a folder is refused, and nothing is made behind it', () => {
  mkdirSync(join(folder, 'elsewhere'))
  mkdirSync(basepath)
  symlinkSync(join(folder, 'elsewhere'), join(basepath, 'backup'))
  refused('is not a folder')
  expect(readdirSync(join(folder, 'elsewhere'))).toEqual([])
})

describe.runIf(process.getuid?.() === 0)('what a stranger has planted is refused:', () => {
  it.each<[string, () => void]>([
    ['the whole folder', () => mkdirSync(basepath)],
    ['a folder in it', () => mkdirSync(join(basepath, 'backup'), { recursive: true })],
  ])('%s', (_what, plant) => {
    plant()
    chownSync(readdirSync(basepath).length === 0 ? basepath : join(basepath, 'backup'), STRANGER, STRANGER)
    refused(`belongs to user ${STRANGER}`)
  })

  it('a link to a folder of ours', () => {
    mkdirSync(join(folder, 'ours'))
    symlinkSync(join(folder, 'ours'), basepath)
    lchownSync(basepath, STRANGER, STRANGER)
    refused(`symlink of user ${STRANGER}`)
    expect(readdirSync(join(folder, 'ours'))).toEqual([])
  })

  it('the folder around it', () => {
    chownSync(folder, STRANGER, STRANGER)
    refused('could put something else')
    chownSync(folder, 0, 0)
  })
})
