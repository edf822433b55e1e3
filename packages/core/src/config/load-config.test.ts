import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { LustrebackupError } from '../errors/errors.js'
import { loadConfig } from './load-config.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-config-'))
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

function failure(file: string): LustrebackupError {
  try {
    loadConfig(file, 'source')
  } catch (error) {
    if (error instanceof LustrebackupError) return error
  }
  throw new Error('nothing was thrown')
}

it('names a file that is not there, and what to do', () => {
  const error = failure(join(folder, 'none.conf'))
  expect(error).toMatchObject({ code: 'CONFIG_UNREADABLE', exitCode: 2 })
  expect(error.message).toContain(join(folder, 'none.conf'))
  expect(error.hint).toContain('-c PATH')
})

it('names file, section, key, value and what is allowed', () => {
  const file = join(folder, 'bad.conf')
  writeFileSync(file, '[GLOBAL]\nloglevel = loud\n')
  const error = failure(file)
  expect(error).toMatchObject({ code: 'CONFIG_INVALID', exitCode: 2 })
  expect(error.message).toContain(file)
  expect(error.message).toContain('[GLOBAL] loglevel = "loud": must be one of debug, info, warning, error')
  expect(error.message).toContain('[LUSTRE] fsname: must be given')
})

it('a missing ssh configuration of the user himself is none, as for ssh; any other stays named', () => {
  const file = join(folder, 'seed.conf')
  const withSshConfig = (path: string) => {
    const lustre = [
      'fsname = src',
      'nid = m@tcp',
      'mdt = MDT0000',
      'changelog_user = cl1',
      'data_mount = /m',
      'meta_basepath = /m/b',
      'snapshot_home = /s',
    ]
    writeFileSync(file, ['[LUSTRE]', ...lustre, '[SYSTEM]', `ssh_config = ${path}`].join('\n'))
    return loadConfig(file, 'source').system.sshConfig
  }
  vi.stubEnv('HOME', folder)
  expect(withSshConfig(join(folder, '.ssh/config'))).toBe('')
  expect(withSshConfig(join(folder, 'other/config'))).toBe(join(folder, 'other/config'))
  mkdirSync(join(folder, '.ssh'))
  writeFileSync(join(folder, '.ssh/config'), '')
  expect(withSshConfig(join(folder, '.ssh/config'))).toBe(join(folder, '.ssh/config'))
})
