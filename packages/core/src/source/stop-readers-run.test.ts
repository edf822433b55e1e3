import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { silentLog } from '../log/silent-log.js'
import { processStartTicks } from '../state/lock-holder.js'
import { isReader, stopReaders } from './stop-readers-run.js'

const MOUNT = '/snap/src-backup-1.backup'
const SENDER = 'rsync --server --sender -lHogDtpAXIRSe.iLsfxCIvu --files-from=- --from0 .'

it.each([
  [`${SENDER} ${MOUNT}/`, true],
  [`/usr/local/bin/${SENDER} ${MOUNT}/home/`, true],
  [`/usr/bin/node /opt/lib/lustrebackup_source_filediff.js -c /etc/c -f ${MOUNT}/a%20b`, true],
  [`lustrebackup_source_filediff -c /etc/c -f %2Fsnap%2Fsrc-backup-1.backup%2Fa`, true],
  [`${SENDER} ${MOUNT}2/`, false],
  [`${SENDER} /home/user/`, false],
  [`rsync -a ${MOUNT}/ /somewhere`, false],
  [`ssh source ${SENDER} ${MOUNT}/`, false],
  [`tar cf - ${MOUNT}/home`, false],
  [`vi ${MOUNT}/lustrebackup_source_filediff.js`, false],
])('%s: of a backup: %s', (command, ours) => {
  expect(isReader({ words: command.split(' '), folder: '/' }, [MOUNT])).toBe(ours)
})

it.each([
  [`${SENDER} ./`, MOUNT, true],
  [`${SENDER} ./`, `${MOUNT}/home`, true],
  [`${SENDER} ./`, `${MOUNT}2`, false],
  ['bash', MOUNT, false],
])('%s, working in %s: of a backup: %s', (command, folder, ours) => {
  expect(isReader({ words: command.split(' '), folder }, [MOUNT])).toBe(ours)
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-readers-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A process that is taken for filediff, and does not end when it is asked to. */
async function startReader(path: string): Promise<ChildProcess> {
  const program = join(folder, 'lustrebackup_source_filediff')
  writeFileSync(program, '#!/bin/sh\ntrap "" TERM\necho ready\nwhile :; do sleep 0.1; done\n', { mode: 0o755 })
  const child = spawn(program, ['-f', path], { stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return child
}

it('ends a reader, also one that does not want to, and leaves that of another snapshot alone', async () => {
  const [ours, other] = [await startReader(`${folder}/one/file`), await startReader(`${folder}/other/file`)]
  const ended = new Promise((resolve) => ours.once('exit', (_, signal) => resolve(signal)))
  await stopReaders(`${folder}/one`, { log: silentLog, sleep: () => new Promise((resolve) => setImmediate(resolve)) })
  expect(await ended).toBe('SIGKILL')
  expect(processStartTicks(other.pid!)).not.toBe(null)
  other.kill('SIGKILL')
})
