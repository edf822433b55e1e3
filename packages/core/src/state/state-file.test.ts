import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeMetaFolders } from './durable.js'
import { META_FOLDERS, metaLayout } from './meta-layout.js'
import { loadState, saveState } from './state-file.js'
import { linkedTimestamp, readLink, removeLink, replaceLink } from './state-link.js'
import { asCount, asFormat } from './state-shape.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-state-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const parse = (value: unknown) => asCount(asFormat(value, 'f', 1).count, 'count')

describe('a state file', () => {
  it('is replaced whole, for root only, and leaves nothing else behind', () => {
    const file = join(folder, 'a.json')
    saveState(file, { format: 'f', version: 1, count: 1 })
    saveState(file, { format: 'f', version: 1, count: 2 })
    expect(loadState(file, parse)).toBe(2)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['a.json'])
  })

  it('that is not there gives null', () => {
    expect(loadState(join(folder, 'none'), parse)).toBeNull()
  })

  it.each([
    ['{', 'JSON'],
    ['{"format":"g","version":1}', 'its format is "g", not "f"'],
    ['{"format":"f","version":2}', 'its format version is 2; this software reads 1'],
    ['{"format":"f","version":1,"count":-1}', 'count is not a whole number'],
    ['[]', 'the content is not an object'],
  ])('%s is refused by name', (text, reason) => {
    const file = join(folder, 'bad.json')
    writeFileSync(file, text)
    expect(() => loadState(file, parse)).toThrow(expect.objectContaining({ code: 'STATE_DAMAGED', message: expect.stringContaining(file) }))
    expect(() => loadState(file, parse)).toThrow(reason)
  })

  it('of which a digit has changed is refused', () => {
    const file = join(folder, 'a.json')
    saveState(file, { format: 'f', version: 1, count: 17 })
    writeFileSync(file, readFileSync(file, 'utf8').replace('17', '18'))
    expect(() => loadState(file, parse)).toThrow('its digest is not that of what it holds')
  })

  it('replaces a symlink in its place instead of writing through it, and says where it could not write', () => {
    writeFileSync(join(folder, 'victim'), 'v')
    symlinkSync(join(folder, 'victim'), join(folder, 'a.json'))
    saveState(join(folder, 'a.json'), {})
    expect(readFileSync(join(folder, 'victim'), 'utf8')).toBe('v')
    expect(() => saveState(join(folder, 'none/a.json'), {})).toThrow(join(folder, 'none/a.json'))
  })
})

describe('a link', () => {
  it('is relative, is replaced in place, and names a timestamp', () => {
    const link = join(folder, 'last_backup')
    replaceLink(link, join(folder, 'backup/17.json'))
    replaceLink(link, join(folder, 'backup/18.json'))
    expect(readLink(link)).toBe(join(folder, 'backup/18.json'))
    expect(linkedTimestamp(link)).toBe(18)
    expect(readdirSync(folder)).toEqual(['last_backup'])
    removeLink(link)
    removeLink(link)
    expect(readLink(link)).toBeNull()
    expect(linkedTimestamp(link)).toBeNull()
  })

  it('that is a file or names no timestamp is damage', () => {
    writeFileSync(join(folder, 'f'), '')
    expect(() => readLink(join(folder, 'f'))).toThrow(expect.objectContaining({ code: 'STATE_DAMAGED' }))
    replaceLink(join(folder, 'l'), join(folder, 'x'))
    expect(() => linkedTimestamp(join(folder, 'l'))).toThrow('not named after a timestamp')
  })
})

describe('the state folder', () => {
  it('is made whole, for root only', () => {
    const layout = metaLayout(join(folder, 'a/b'))
    makeMetaFolders(layout)
    makeMetaFolders(layout)
    expect(readdirSync(layout.basepath).toSorted()).toEqual([...META_FOLDERS].toSorted())
    expect(statSync(layout.basepath).mode & 0o777).toBe(0o700)
  })

  it('that cannot be made is named', () => {
    mkdirSync(join(folder, 'm'))
    writeFileSync(join(folder, 'm/snapshot'), '')
    expect(() => makeMetaFolders(metaLayout(join(folder, 'm')))).toThrow(join(folder, 'm'))
  })
})
