import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startSshd, type TestSshd } from '@lustrebackup/lustresim/site/sshd'
import { afterAll, beforeAll, expect, it } from 'vitest'

const SCRIPT = 'lustrebackup_ssh_command_validator.sh'
const root = realpathSync(mkdtempSync(join(tmpdir(), 'lustrebackup-forced-')))
const mount = join(root, 'snap/src-backup-1700000000.backup')
const map = join(root, 'meta/backupmap/1700000000')
const target = join(root, 'target')
let sshd: TestSshd

/** A source node as the README sets it up: the key can do nothing but what the validator lets through. */
beforeAll(async () => {
  for (const folder of [join(root, 'bin'), join(mount, 'data'), map, join(root, 'meta/backup'), target])
    mkdirSync(folder, { recursive: true })
  // As lustrebackup_source_init records a backup.
  writeFileSync(join(root, 'meta/backup/1700000000.json'), JSON.stringify({ snapshotName: 'src-backup-1700000000' }, null, 2))
  symlinkSync('backup/1700000000.json', join(root, 'meta/inprogress_backup'))
  cpSync(fileURLToPath(new URL(`../scripts/${SCRIPT}`, import.meta.url)), join(root, 'bin', SCRIPT))
  writeFileSync(join(root, 'source.conf'), `[LUSTRE]\nsnapshot_home = ${root}/snap\nmeta_basepath = ${root}/meta\n`)
  writeFileSync(join(mount, "data/it's a name\n"), 'content')
  writeFileSync(join(map, 'header.json'), '{}')
  symlinkSync('/', join(mount, 'data/up'))
  sshd = await startSshd({
    forcedCommand: `${root}/bin/${SCRIPT} -c ${root}/source.conf`,
    authorizedKeysOptions: ['no-port-forwarding', 'no-X11-forwarding', 'no-agent-forwarding', 'no-pty'],
    sshdConfig: ['Subsystem sftp internal-sftp'],
  })
})

afterAll(async () => {
  await sshd.close()
  rmSync(root, { recursive: true, force: true })
})

function ssh(...words: string[]) {
  return spawnSync('ssh', ['-F', sshd.clientConfigFile, '-T', 'source', ...words], { input: '', encoding: 'utf8' })
}

function rsync(from: string, list: readonly string[], ...options: string[]) {
  const shell = `ssh -F ${sshd.clientConfigFile}`
  const args = ['-e', shell, ...options, '--no-recursive', '--files-from=-', '--from0', `source:${from}/`, `${target}/`]
  return spawnSync('rsync', args, { input: list.join('\0'), encoding: 'utf8' })
}

it('a map and the data of a snapshot can be pulled', () => {
  expect(rsync(map, ['./header.json'], '-t')).toMatchObject({ status: 0, stderr: '' })
  expect(readFileSync(join(target, 'header.json'), 'utf8')).toBe('{}')
  const options = ['-lptgoDHAXS', '--no-dirs', '--no-implied-dirs', '--numeric-ids', '--modify-window=-1', '--inplace', '--ignore-times']
  expect(rsync(`${mount}/data`, ["./it's a name\n"], ...options)).toMatchObject({ status: 0, stderr: '' })
  expect(readFileSync(join(target, "it's a name\n"), 'utf8')).toBe('content')
})

it('stat and scp answer beneath the two folders', () => {
  expect(ssh('stat', `${map}/header.json`)).toMatchObject({ status: 0, stderr: '' })
  const copy = join(target, 'copied.json')
  expect(spawnSync('scp', ['-O', '-q', '-F', sshd.clientConfigFile, `source:${map}/header.json`, copy]).status).toBe(0)
  expect(readFileSync(copy, 'utf8')).toBe('{}')
})

it.each([
  ['a shell', []],
  ['another program', ['id']],
  ['two commands', [`stat ${map}/header.json; id`]],
  ['a line more', [`stat ${map}/header.json\nid`]],
  ['a file elsewhere', ['stat', '/etc/passwd']],
  ['a file behind a user’s symlink', ['stat', `${mount}/data/up/etc/passwd`]],
])('%s is refused', (_what, words) => {
  const result = ssh(...words)
  expect(result).toMatchObject({ status: 1, stdout: '' })
  expect(result.stderr).toContain('refused')
})

it('sftp and writing are refused', () => {
  const batch = spawnSync('sftp', ['-F', sshd.clientConfigFile, '-b', '-', 'source'], { input: `get /etc/passwd ${target}/passwd\n` })
  expect(batch.status).not.toBe(0)
  expect(existsSync(join(target, 'passwd'))).toBe(false)
  const shell = `ssh -F ${sshd.clientConfigFile}`
  expect(spawnSync('rsync', ['-e', shell, join(map, 'header.json'), `source:${mount}/data/`]).status).not.toBe(0)
  expect(existsSync(join(mount, 'data/header.json'))).toBe(false)
})
