import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Lustresim, NID } from '@lustrebackup/lustresim/sim'
import { runCommand } from '@lustrebackup/lustresim/site/site'
import { startSshd, type TestSshd } from '@lustrebackup/lustresim/site/sshd'
import { afterAll, beforeAll, expect, it } from 'vitest'

const COMMANDS = fileURLToPath(new URL('../../packages/snapshot-cli/dist/bin', import.meta.url))
const SCRIPTS = fileURLToPath(new URL('../../scripts/mgs', import.meta.url))
const COMMENT = 'source_fsname: src, source_snapshot: a-1, (b; c) && d | e > f * 50 %'

let folder: string
let sim: Lustresim
let sshd: TestSshd
/** An MGS as docs/mgs.md sets it up: the key can do nothing but what the validator lets through. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-mgs-ssh-'))
  sim = Lustresim.create(join(folder, 'lustre'), { filesystems: [{ name: 'src', mdts: 1, osts: 1 }] })
  sim.mount('src', join(folder, 'mnt'))
  sim.fs('src').flush()
  for (const name of ['sbin', 'etc']) mkdirSync(join(folder, name))
  for (const name of readdirSync(SCRIPTS).filter((each) => each.endsWith('.sh'))) cpSync(join(SCRIPTS, name), join(folder, 'sbin', name))
  symlinkSync(join(sim.bin, 'lctl'), join(folder, 'sbin/lctl'))
  writeFileSync(join(folder, 'etc/ldev.conf'), 'mgs - MGS zfs:mgs/mgs\n')
  writeFileSync(join(folder, 'mgs.conf'), `ldev_conf = ${folder}/etc/ldev.conf\nstate = ${folder}/state\n`)
  sshd = await startSshd({
    forcedCommand: `${folder}/sbin/lctl_ssh_command_validator.sh -F src -c ${folder}/mgs.conf`,
    authorizedKeysOptions: ['restrict'],
  })
  const lines = [
    `[GLOBAL]\nlogdir = ${folder}/log\n[LUSTRE]\nfsname = src\nnid = ${NID}\nmgs = mgs\nmgs_commands = wrapper\nmdt = MDT0000`,
    `data_mount = ${folder}/mnt\nmeta_basepath = ${folder}/mnt/.lustrebackup\nsnapshot_home = ${folder}/snap\nsnapshot_create_retries = 0`,
    `[SYSTEM]\nssh_config = ${sshd.clientConfigFile}\ncommand_path = ${sim.bin}:/usr/sbin:/usr/bin:/sbin:/bin`,
  ]
  writeFileSync(join(folder, 'conf'), lines.join('\n'))
})
afterAll(async () => {
  await sshd.close()
  sim.destroy()
  rmSync(folder, { recursive: true })
})

async function run(action: string, ...args: readonly string[]) {
  const script = join(COMMANDS, `lustrebackup_snapshot_${action}.js`)
  const { exitCode, stdout, stderr } = await runCommand(process.execPath, [script, '-c', join(folder, 'conf'), ...args])
  return { exitCode, stdout: stdout.trim(), stderr }
}

it('lets every command of lustrebackup through the forced command of the MGS, comments and all', async () => {
  expect(await run('create', '-n', 'far', '-d', COMMENT)).toEqual({ exitCode: 0, stdout: 'far', stderr: '' })
  expect(readdirSync(join(folder, 'state/src'))).toEqual(['far.ldev.conf'])
  const listed = JSON.parse((await run('list', '-r', '--json')).stdout) as unknown
  expect(listed).toMatchObject([{ name: 'far', comment: COMMENT }])
  expect(await run('mount', '-n', 'far')).toMatchObject({ exitCode: 0, stderr: '' })
  expect(await run('umount', '-n', 'far')).toMatchObject({ exitCode: 0, stderr: '' })
  expect(await run('destroy', '-n', 'far', '-f')).toMatchObject({ exitCode: 0, stderr: '' })
  expect(readdirSync(join(folder, 'state/src'))).toEqual([])
})
