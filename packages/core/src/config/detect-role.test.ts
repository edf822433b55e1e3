import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { detectSide } from './detect-role.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-role-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const MDT = '[LUSTRE]\nmdt = MDT0000\n'
const HOST = '[SOURCE]\nhost = source\n'

function sideOf(text: string) {
  const file = join(folder, 'lustrebackup.conf')
  writeFileSync(file, text)
  return detectSide(file)
}

it('what only one side is told says which it is', () => {
  expect(sideOf(MDT)).toBe('source')
  expect(sideOf(HOST)).toBe('target')
})

it('a file that is adapted for both sides, or for none, is told why it says nothing', () => {
  expect(() => sideOf(MDT + HOST)).toThrow('it has both [LUSTRE] mdt and [SOURCE] host')
  expect(() => sideOf('')).toThrow('it has neither [LUSTRE] mdt nor [SOURCE] host')
})

it('the records of backups decide before the configuration', () => {
  writeFileSync(join(folder, 'last_backup'), '{ "format": "lustrebackup-target-backup" }')
  expect(sideOf(`[LUSTRE]\nmeta_basepath = ${folder}\nmdt = MDT0000\n`)).toBe('target')
})
