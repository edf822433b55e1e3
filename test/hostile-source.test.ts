import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseRsyncVersion } from '@lustrebackup/core/transfer/parse-rsync'
import { planRsync } from '@lustrebackup/core/transfer/rsync-plan'
import type { RsyncKind } from '@lustrebackup/core/transfer/transfer-types'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let root: string
let source: string
let target: string
let outside: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lustrebackup-hostile-'))
  ;[source, target, outside] = ['source', 'target', 'outside'].map((name) => join(root, name)) as [string, string, string]
  for (const folder of [source, target, outside]) mkdirSync(folder)
  writeFileSync(join(outside, 'victim'), 'before', { mode: 0o600 })
  writeFileSync(join(root, 'ssh'), `#!/bin/sh\nwhile [ "$1" != rsync ]; do shift; done\nexec "$@"\n`)
  chmodSync(join(root, 'ssh'), 0o755)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** What a target runs, against a source that nothing confines. */
function pull(kind: RsyncKind, ...names: string[]) {
  const list = join(root, 'list')
  writeFileSync(list, names.map((name) => `./${name}\0`).join(''))
  const settings = { rsyncCommand: 'rsync', sshConfig: '', host: 'source', remoteFolder: source, localFolder: target }
  const args = planRsync(kind, settings, list)
  return spawnSync('rsync', args.with(args.indexOf('-e') + 1, join(root, 'ssh')), { encoding: 'utf8' })
}

const [major, minor] = parseRsyncVersion(execFileSync('rsync', ['--version'], { encoding: 'utf8' })) ?? [0, 0]
/** Older ones follow links of the target on the way to what they write; README.md asks for this one. */
const isConfined = major > 3 || (major === 3 && minor >= 5)

describe.runIf(isConfined)('rsync on the target writes nothing outside its folder', () => {
  const victim = () => ({ content: readFileSync(join(outside, 'victim'), 'utf8'), mode: statSync(join(outside, 'victim')).mode & 0o7777 })
  const before = { content: 'before', mode: 0o600 }

  it.each(['data', 'small files'] as const)('when the source sends a link, and then something behind it (%s)', (kind) => {
    symlinkSync(outside, join(source, 'link'))
    expect(pull(kind, 'link')).toMatchObject({ status: 0, stderr: '' })
    rmSync(join(source, 'link'))
    mkdirSync(join(source, 'link'))
    for (const name of ['victim', 'new']) writeFileSync(join(source, 'link', name), 'evil', { mode: 0o777 })
    expect(lstatSync(join(target, 'link')).isSymbolicLink()).toBe(true)
    expect(pull(kind, 'link/victim', 'link/new').status).not.toBe(0)
    expect(victim()).toEqual(before)
    expect(existsSync(join(outside, 'new'))).toBe(false)
  })

  it('when it sets attributes behind a link that a user of the target has planted', () => {
    symlinkSync(outside, join(target, 'folder'))
    mkdirSync(join(source, 'folder'))
    writeFileSync(join(source, 'folder/victim'), 'before', { mode: 0o777 })
    chmodSync(join(source, 'folder/victim'), 0o4777)
    expect(pull('attributes', 'folder/victim').status).not.toBe(0)
    expect(victim()).toEqual(before)
  })

  it('when the source answers for a map with a link instead of a file', () => {
    symlinkSync(join(outside, 'victim'), join(source, 'header.json'))
    pull('map', 'header.json')
    expect(existsSync(join(target, 'header.json'))).toBe(false)
  })
})
