import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MgsSite } from './mgs-site.test-helper.js'

let site: MgsSite
beforeAll(() => {
  site = new MgsSite()
})
afterAll(() => site.remove())

/** What sshd does with a command of the client: the words in authorized_keys, and SSH_ORIGINAL_COMMAND. */
async function ask(command: string | undefined, ...words: readonly string[]) {
  const environment = {
    ...(command === undefined ? {} : { SSH_ORIGINAL_COMMAND: command }),
    SSH_CONNECTION: '10.0.0.7 4711 10.0.0.1 22',
    EVIL: 'x',
  }
  const script = site.start('lctl_ssh_command_validator.sh', words.length > 0 ? words : ['-c', site.settings], environment)
  const { exitCode, stderr } = await script.ended
  return { exitCode, stderr, calls: site.calls().map((call) => call.words) }
}

describe('permits', () => {
  it.each([
    ['lctl_snapshot_list.sh -F src', ['snapshot_list', '-F', 'src']],
    ['/usr/local/sbin/lctl_snapshot_list.sh -F src -n s1 -d', ['snapshot_list', '-F', 'src', '-n', 's1', '-d']],
    ['/usr/sbin/lctl_snapshot_create.sh -F src -n src-backup-1700000000', ['snapshot_create', '-F', 'src', '-n', 'src-backup-1700000000']],
    [
      "lctl_snapshot_create.sh -F src -n s2 -c 'a, (b) && c; 50 % *'",
      ['snapshot_create', '-F', 'src', '-n', 's2', '-c', 'a, (b) && c; 50 % *'],
    ],
    [
      "lctl_snapshot_create.sh -F src -n s3 -c ' -F dst ' -t 60",
      ['snapshot_create', '-F', 'src', '-n', 's3', '-c', ' -F dst ', '-t', '60'],
    ],
    ['lctl_snapshot_create.sh -F src -n s4 -c word -b off', ['snapshot_create', '-F', 'src', '-n', 's4', '-c', 'word', '-b', 'off']],
    ["lctl_snapshot_create.sh -F src -n s5 -c 'Käse €'", ['snapshot_create', '-F', 'src', '-n', 's5', '-c', 'Käse €']],
    ['lctl_snapshot_mount.sh -F src -n s4', ['snapshot_mount', '-F', 'src', '-n', 's4']],
    ['/bin/lctl_snapshot_umount.sh -F src -n s4', ['snapshot_umount', '-F', 'src', '-n', 's4']],
    ['lctl_snapshot_destroy.sh -F src -n s4 -f', ['snapshot_destroy', '-F', 'src', '-n', 's4', '-f']],
  ])('%s', async (command, words) => {
    expect(await ask(command)).toMatchObject({ exitCode: 0, calls: [words] })
  })

  it('the question where the MGS runs, answered 127 where there is no such script', async () => {
    expect(await ask('/etc/init.d/lustre status MGS')).toMatchObject({ exitCode: 127, calls: [] })
  })

  it('only the file systems that the key is for', async () => {
    const words = ['-c', site.settings, '-F', 'src', '-F', 'dst'] as const
    expect((await ask('lctl_snapshot_list.sh -F dst', ...words)).exitCode).toBe(0)
    expect(await ask('lctl_snapshot_list.sh -F ds', ...words)).toMatchObject({
      exitCode: 1,
      calls: [],
      stderr: expect.stringContaining('not for'),
    })
  })

  it('its own environment', async () => {
    site.program('lctl', '#!/bin/bash\n/usr/bin/env >&2\n')
    const { stderr } = await ask('lctl_snapshot_list.sh -F src')
    const names = stderr
      .trim()
      .split('\n')
      .map((line) => line.replace(/=.*/, ''))
    expect(names.toSorted()).toEqual(['HOME', 'LANG', 'LCTL_SNAPSHOT_CONF', 'LC_ALL', 'PATH', 'PWD', 'SHLVL', '_'])
  })
})

describe('refuses', () => {
  const create = 'lctl_snapshot_create.sh -F src -n s9'
  it.each([
    [''],
    ['id'],
    ['sh'],
    ['lctl snapshot_list -F src'],
    ['lctl_snapshot_modify.sh -F src -n s1'],
    ['lctl_snapshot_lib.sh'],
    ['lctl_snapshot_run.sh -F src'],
    ['lctl_snapshot_list.sh'],
    ['lctl_snapshot_list.sh -F'],
    ['lctl_snapshot_list.sh -F src extra'],
    ['lctl_snapshot_list.sh  -F src'],
    [' lctl_snapshot_list.sh -F src'],
    ['lctl_snapshot_list.sh -F src '],
    ['lctl_snapshot_list.sh\t-F src'],
    ['lctl_snapshot_list.sh -F src\nid'],
    ['lctl_snapshot_list.sh -F src; id'],
    ['lctl_snapshot_list.sh -F src;id'],
    ['lctl_snapshot_list.sh -F src | id'],
    ['lctl_snapshot_list.sh -F src && id'],
    ['lctl_snapshot_list.sh -F src & id'],
    ['lctl_snapshot_list.sh -F src > /etc/passwd'],
    ['lctl_snapshot_list.sh -F $(id)'],
    ['lctl_snapshot_list.sh -F `id`'],
    ['lctl_snapshot_list.sh -F src -n *'],
    ['lctl_snapshot_list.sh -F src -n ~'],
    ['lctl_snapshot_list.sh -F src -n {a,b}'],
    ['lctl_snapshot_list.sh -F "src"'],
    ["lctl_snapshot_list.sh -F 'src'"],
    ["'lctl_snapshot_list.sh' -F src"],
    ["lctl_snapshot_mount.sh -F src -n 's1'"],
    ["lctl_snapshot_mount.sh -F src -n s1 'x'"],
    ['lctl_snapshot_mount.sh -F src -n ../s1'],
    ['lctl_snapshot_mount.sh -F src -n s1 -r sh'],
    ['/tmp/lctl_snapshot_list.sh -F src'],
    ['./lctl_snapshot_list.sh -F src'],
    ['../lctl_snapshot_list.sh -F src'],
    ['/usr/local/sbin//lctl_snapshot_list.sh -F src'],
    ['/usr/sbin/../../tmp/lctl_snapshot_list.sh -F src'],
    ['LCTL_SNAPSHOT_CONF=/tmp/x lctl_snapshot_list.sh -F src'],
    ['env lctl_snapshot_list.sh -F src'],
    ['/etc/init.d/lustre status MGS; id'],
    ['/etc/init.d/lustre stop MGS'],
    ['/etc/init.d/lustre'],
    [`${create} -c 'a' -c 'b'`],
    [`${create} -c 'a'b`],
    [`${create} -c a'b'`],
    [`${create} -c 'a''b'`],
    [`${create} -c 'it`],
    [`${create} -c it's`],
    [`${create} -c 'a\\'b'`],
    [`${create} -c '$(id)'`],
    [`${create} -c '\`id\`'`],
    [`${create} -c 'a"b'`],
    [`${create} -c 'a\nb'`],
    [`${create} -c ''`],
    [`${create} -c 'a' ;id`],
    [`${create} -c '${'x'.repeat(5000)}'`],
    [`${create} -c '${'x'.repeat(1025)}'`],
  ])('%j', async (command) => {
    const { exitCode, stderr, calls } = await ask(command)
    expect({ exitCode, calls, lines: stderr.trimEnd().split('\n').length }).toEqual({ exitCode: 1, calls: [], lines: 1 })
    expect(stderr).toMatch(/^lctl_ssh_command_validator: refused: /)
  })

  it('a login', async () => {
    expect(await ask(undefined)).toMatchObject({ exitCode: 1, calls: [] })
  })

  it('everything, where the words in authorized_keys are wrong', async () => {
    for (const words of [['-F'], ['-F', 'a/b'], ['-c', 'relative'], ['-x', 'y'], ['src']])
      expect(await ask('lctl_snapshot_list.sh -F src', ...words)).toMatchObject({ exitCode: 1, calls: [] })
  })
})

it('tells syslog what was run and what was refused, on one line each', async () => {
  await ask('lctl_snapshot_list.sh -F src')
  await ask('id\nrm -rf /')
  const lines = site.file('syslog')!.split('\n')
  expect(lines.slice(-2)).toEqual([
    '-p auth.info -t lctl_ssh_command_validator -- running from 10.0.0.7 4711 10.0.0.1 22: lctl_snapshot_list.sh\\ -F\\ src',
    expect.stringMatching(/^-p auth\.error .* refused \(.*\) from 10\.0\.0\.7 4711 10\.0\.0\.1 22: \$'id\\nrm -rf \/'$/),
  ])
})
