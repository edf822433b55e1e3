import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { metaLayout } from '../state/meta-layout.js'
import { openWayMemory } from './way-memory.js'
import { beginsWithOwnConnection, isNews } from './way-plan.js'

let basepath: string
beforeEach(() => {
  basepath = mkdtempSync(join(tmpdir(), 'lustrebackup-way-'))
})
afterEach(() => rmSync(basepath, { recursive: true, force: true }))

const open = (host = 'source', sshConfig = '') => openWayMemory({ layout: metaLayout(basepath), host, sshConfig })
const FAR = { milliseconds: 100, ownConnection: true }
const NEAR = { milliseconds: 1, ownConnection: true }

it('a later run recalls a long way, of the same host and configuration only', () => {
  open().remember({ ...FAR, milliseconds: 104.4 })
  expect(open().recall()).toEqual({ ...FAR, milliseconds: 104 })
  expect(open('other').recall()).toBeNull()
  expect(open('source', '/etc/other').recall()).toBeNull()
})

it('a short way is written only where a long one was remembered', () => {
  open().remember(NEAR)
  expect(readdirSync(basepath)).toEqual([])
  open().remember(FAR)
  open().remember(NEAR)
  expect(open().recall()).toEqual(NEAR)
})

it('what cannot be read or written is as if nothing were known', () => {
  open().remember(FAR)
  const [name] = readdirSync(join(basepath, 'filediff'))
  writeFileSync(join(basepath, 'filediff', name!), '{"format":')
  expect(open().recall()).toBeNull()
  rmSync(basepath, { recursive: true })
  open().remember(FAR)
  expect(open().recall()).toBeNull()
  expect(existsSync(basepath)).toBe(false)
})

it.each([
  [null, false],
  [NEAR, false],
  [{ ...FAR, milliseconds: 19 }, false],
  [{ ...FAR, milliseconds: 20 }, true],
  [{ ...FAR, ownConnection: false }, false],
])('with %j remembered a run begins with a connection of its own: %s', (way, expected) => {
  expect(beginsWithOwnConnection(way)).toBe(expected)
})

it.each([
  [null, NEAR, false],
  [null, FAR, true],
  [FAR, { ...FAR, milliseconds: 30 }, false],
  [FAR, NEAR, true],
  [NEAR, FAR, true],
  [FAR, { ...FAR, ownConnection: false }, true],
])('after %j, %j is news: %s', (known, now, expected) => {
  expect(isNews(known, now)).toBe(expected)
})
