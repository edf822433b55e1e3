import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const SCRIPT = 'lustrebackup_ssh_command_validator.sh'
const SCRIPTS = dirname(fileURLToPath(import.meta.url))

const root = realpathSync(mkdtempSync(join(tmpdir(), 'lustrebackup-validator-')))
const bin = join(root, 'bin')
const snap = join(root, 'snap')
const meta = join(root, 'meta')
const conf = join(root, 'source.conf')
const mount = `${snap}/src-backup-1700000000.backup`

/** Prints the name that it was run by and its arguments, NUL-separated; `rsync --help` among them. Notes where it was run. */
const STAND_IN = `#!/bin/sh\nprintf '%s\\0' "\${0##*/}" "$@"\n[ "$1" = --help ] || { pwd -P >'${root}/where'; } 2>/dev/null || :\n`
const STAND_INS = [
  'rsync',
  'scp',
  'stat',
  ...['init', 'abort', 'done', 'verify_init', 'verify_list', 'filediff'].map((name) => `lustrebackup_source_${name}`),
]

beforeAll(() => {
  for (const folder of [bin, `${mount}/data`, `${meta}/backupmap/1700000000`, `${root}/outside`]) mkdirSync(folder, { recursive: true })
  for (const name of STAND_INS) program(name, STAND_IN)
  program('logger', `#!/bin/sh\nprintf '%s\\0' "$@" >'${root}/logged'\n`)
  cpSync(join(SCRIPTS, SCRIPT), join(bin, SCRIPT))
  for (const file of [`${mount}/data/big`, `${mount}/data/a b\n`, `${meta}/backupmap/1700000000/header.json`, `${root}/outside/secret`]) {
    writeFileSync(file, 'content')
  }
  mkdirSync(`${meta}/backup`)
  writeFileSync(`${meta}/backup/1700000000.json`, JSON.stringify({ timestamp: 1, snapshotName: 'src-backup-1700000000' }, null, 2))
  symlinkSync('backup/1700000000.json', `${meta}/inprogress_backup`)
  mkdirSync(`${snap}/src-backup-1600000000.backup/data`, { recursive: true })
  symlinkSync('/', `${mount}/data/up`)
  symlinkSync('1700000000', `${meta}/backupmap/last`)
  symlinkSync(`${root}/outside`, `${snap}/elsewhere`)
  symlinkSync(`${root}/outside`, `${meta}/out`)
  mkdirSync(`${meta}/open`)
  writeFileSync(`${meta}/open/file`, 'content')
  chmodSync(`${meta}/open`, 0o777)
  writeConf(`snapshot_home = ${snap}`, `meta_basepath = ${meta}`)
})

afterAll(() => rmSync(root, { recursive: true, force: true }))

function program(name: string, text: string): void {
  writeFileSync(join(bin, name), text)
  chmodSync(join(bin, name), 0o755)
}

function writeConf(...lines: string[]): void {
  writeFileSync(conf, ['[GLOBAL]', 'logdir = /nowhere', '[LUSTRE]', 'fsname = src', ...lines, ''].join('\n'))
}

function validate(command: string | undefined, args: readonly string[] = ['-c', conf], extra: NodeJS.ProcessEnv = {}, uid?: number) {
  const env = { HOME: '/root', PATH: process.env.PATH, ...(command === undefined ? {} : { SSH_ORIGINAL_COMMAND: command }), ...extra }
  for (const noted of ['logged', 'where']) rmSync(`${root}/${noted}`, { force: true })
  const result = spawnSync(join(bin, SCRIPT), args, { env, input: '', encoding: 'latin1', ...(uid === undefined ? {} : { uid, gid: uid }) })
  const where = existsSync(`${root}/where`) ? readFileSync(`${root}/where`, 'utf8').trimEnd() : null
  return { where, exitCode: result.status, argv: result.stdout.split('\0').slice(0, -1), stdout: result.stdout, stderr: result.stderr }
}

const DATA = '-lHogDtpAXIRSe.LsfxCIvu --numeric-ids --inplace --files-from=- --from0 --no-implied-dirs'
const SMALL_FILES = '-lWHogDtpAXIRe.LsfxCIvu --numeric-ids --inplace --files-from=- --from0 --no-implied-dirs'
const ATTRIBUTES = '-ldHogDtpAXRSe.LsfxCIvu --numeric-ids --files-from=- --from0 --no-implied-dirs'
const LIST = '-tRe.LsfxCIvu --files-from=- --from0'
const FILE = `${mount}/data/big`
const ODD_FILE = `${mount}/data/a%20b%0A`
const MAP = `${meta}/backupmap/1700000000`

describe('the validator accepts what a target sends', () => {
  const source = (name: string, ...args: string[]) => [`lustrebackup_source_${name}`, '-c', conf, ...args]
  const rsync = (options: string) => ['rsync', '--server', '--sender', ...options.split(' '), '.', './']
  it.each<[string, string[], string?]>([
    ['lustrebackup_source_init', source('init')],
    ['/usr/bin/lustrebackup_source_init', source('init')],
    ['/bin/lustrebackup_source_init', source('init')],
    ['/usr/local/bin/lustrebackup_source_init', source('init')],
    [`lustrebackup_source_init -c ${conf}`, source('init')],
    [`lustrebackup_source_init --config=${conf}`, source('init')],
    [`lustrebackup_source_init --config ${conf} -v`, source('init', '-v')],
    ['lustrebackup_source_init --help', source('init', '-h')],
    ['lustrebackup_source_init -V', source('init', '-V')],
    [`lustrebackup_source_init -c ${conf} -n`, source('init', '-n')],
    ['lustrebackup_source_init --dry-run', source('init', '-n')],
    ['lustrebackup_source_abort --verbose', source('abort', '-v')],
    [`lustrebackup_source_done -c ${conf} -t 1700000000`, source('done', '-t', '1700000000')],
    ['lustrebackup_source_done --timestamp=1700000000', source('done', '-t', '1700000000')],
    ['lustrebackup_source_verify_init --timestamp 1700000000', source('verify_init', '-t', '1700000000')],
    ['lustrebackup_source_verify_list', source('verify_list')],
    ['lustrebackup_source_verify_list -s 1 --end=2', source('verify_list', '-s', '1', '-e', '2')],
    [`lustrebackup_source_filediff -f ${FILE}`, source('filediff', '-f', FILE)],
    [`lustrebackup_source_filediff --filepath=${ODD_FILE}`, source('filediff', '-f', ODD_FILE)],
    [
      `lustrebackup_source_filediff -c ${conf} -b 1048576 -o 0 -e 9223372036854775807 -s 7 -f ${FILE} -a -n 64 -d`,
      source('filediff', ...`-b 1048576 -o 0 -e 9223372036854775807 -s 7 -f ${FILE} -a -n 64 -d`.split(' ')),
    ],
    [`rsync --server --sender ${DATA} . ${mount}/`, rsync(DATA), mount],
    [`/usr/bin/rsync --server --sender ${DATA} . ${mount}/data/`, rsync(DATA), `${mount}/data`],
    [`rsync --server --sender ${DATA} . ${mount}`, rsync(DATA), mount],
    [`rsync --server --sender ${SMALL_FILES} . ${mount}/`, rsync(SMALL_FILES), mount],
    [`rsync --server --sender ${ATTRIBUTES} . ${mount}/data/`, rsync(ATTRIBUTES), `${mount}/data`],
    [`rsync --server --sender ${LIST} . ${MAP}/`, rsync(LIST), MAP],
    [`rsync --server --sender ${LIST} --no-implied-dirs . ${MAP}/`, rsync(`${LIST} --no-implied-dirs`), MAP],
    [`rsync --server --sender ${LIST} . ${meta}/backupmap/last/`, rsync(LIST), MAP],
    [
      `rsync --server --sender --from0 --inplace -SRIXAptDgoHle.x --files-from=- --no-implied-dirs --numeric-ids . ${mount}/`,
      rsync('--from0 --inplace -SRIXAptDgoHle.x --files-from=- --no-implied-dirs --numeric-ids'),
      mount,
    ],
    [`scp -f ${MAP}/header.json`, ['scp', '-f', './header.json'], MAP],
    [`/bin/scp -f ${meta}/backupmap/last/header.json`, ['scp', '-f', './header.json'], MAP],
    [`stat ${FILE}`, ['stat', '--', './big'], `${mount}/data`],
    [`/usr/bin/stat ${mount}`, ['stat', '--', './src-backup-1700000000.backup'], snap],
  ])('%s', (command, argv, where) => {
    expect(validate(command)).toMatchObject({ exitCode: 0, argv, stderr: '', ...(where === undefined ? {} : { where }) })
  })
})

describe('the validator refuses everything else', () => {
  it.each<[string, string]>([
    // shell syntax, and words that are not what they seem
    ['lustrebackup_source_init; id', 'never sends'],
    ['lustrebackup_source_init && id', 'never sends'],
    ['lustrebackup_source_init | cat', 'never sends'],
    ['lustrebackup_source_init $(id)', 'never sends'],
    ['lustrebackup_source_init `id`', 'never sends'],
    ['lustrebackup_source_init > /tmp/x', 'never sends'],
    ['lustrebackup_source_init\nid', 'never sends'],
    ['lustrebackup_source_init\tid', 'never sends'],
    ['lustrebackup_source_init  -v', 'never sends'],
    [' lustrebackup_source_init', 'never sends'],
    ['lustrebackup_source_init ', 'never sends'],
    [`stat ${'*'}`, 'never sends'],
    [`stat ~root`, 'never sends'],
    [`stat ${'"'}${FILE}${'"'}`, 'never sends'],
    ['stat /caf\u00e9', 'never sends'],
    [`stat /${'x'.repeat(20_000)}`, 'longer than'],
    // programs
    ['id', 'not a command'],
    ['bash', 'not a command'],
    ['/usr/lib/openssh/sftp-server', 'not a command'],
    ['lustrebackup_source_map', 'not a command'],
    ['lustrebackup_source_verify', 'not a command'],
    ['lustrebackup_target', 'not a command'],
    ['lustrebackup_ssh_command_validator.sh', 'not a command'],
    ['/tmp/lustrebackup_source_init', 'not a command'],
    ['/usr/bin/../../tmp/lustrebackup_source_init', 'not a command'],
    ['./lustrebackup_source_init', 'not a command'],
    ['PATH=/tmp lustrebackup_source_init', 'not a command'],
    // options of the source commands
    ['lustrebackup_source_init extra', 'no option'],
    ['lustrebackup_source_init --force', 'no option'],
    ['lustrebackup_source_init -t 1', 'no option'],
    ['lustrebackup_source_init -vv', 'no option'],
    ['lustrebackup_source_init -v -v', 'twice'],
    ['lustrebackup_source_init -v=1', 'takes no value'],
    ['lustrebackup_source_init -c /etc/other.conf', 'configuration file is not the one'],
    ['lustrebackup_source_init --config=/etc/other.conf', 'configuration file is not the one'],
    ['lustrebackup_source_init -c', 'needs a value'],
    ['lustrebackup_source_done -t', 'needs a value'],
    ['lustrebackup_source_done -t -1', 'no number'],
    ['lustrebackup_source_done -t 1e9', 'no number'],
    ['lustrebackup_source_done -t 12345678901234567890', 'no number'],
    ['lustrebackup_source_done -t 1 --timestamp=1', 'twice'],
    ['lustrebackup_source_done -t=1', 'needs a value'],
    // paths
    ['lustrebackup_source_filediff -f /etc/shadow', 'not beneath'],
    [`lustrebackup_source_filediff -f ${mount}/data/up/etc/passwd`, 'not beneath'],
    [`lustrebackup_source_filediff -f ${mount}/%2E%2E/%2E%2E/outside/secret`, 'holds . or ..'],
    [`lustrebackup_source_filediff -f ${FILE}%00`, 'NUL'],
    [`lustrebackup_source_filediff -f ${FILE}%`, 'percent'],
    [`lustrebackup_source_filediff -f ${FILE}%4`, 'percent'],
    [`lustrebackup_source_filediff -f ${FILE}%zz`, 'percent'],
    [`lustrebackup_source_filediff -f ${FILE}%0A`, 'no such path'],
    ['lustrebackup_source_filediff -f data/big', 'not beneath'],
    ['stat /etc/passwd', 'not beneath'],
    ['stat /no/such/thing', 'not beneath'],
    [`stat ${snap}`, 'not beneath'],
    [`stat ${meta}/`, 'not beneath'],
    [`stat ${snap}-other/x`, 'not beneath'],
    [`stat ${mount}/../../outside/secret`, 'holds . or ..'],
    [`stat ${mount}/./data`, 'holds . or ..'],
    [`stat ${snap}/elsewhere/secret`, 'not beneath'],
    [`stat ${mount}/data/nothing`, 'no such path'],
    [`stat -f ${FILE}`, 'one path'],
    ['stat', 'one path'],
    [`scp -t ${MAP}/header.json`, 'scp -f'],
    [`scp -f -r ${MAP}`, 'scp -f'],
    [`scp -r -f ${MAP}`, 'scp -f'],
    [`scp -f ${root}/outside/secret`, 'not beneath'],
    // rsync
    [`rsync --server ${DATA} . ${mount}/`, 'only rsync --server --sender'],
    [`rsync --sender --server ${DATA} . ${mount}/`, 'only rsync --server --sender'],
    [`rsync --daemon`, 'only rsync --server --sender'],
    [`rsync --server --daemon . ${mount}/`, 'only rsync --server --sender'],
    [`rsync --server --sender -s`, 'only rsync --server --sender'],
    [`rsync --server --sender ${DATA} ${mount}/ ${mount}/`, 'only rsync --server --sender'],
    [`rsync --server --sender ${DATA} . ${mount}/ ${mount}/`, 'only rsync --server --sender'],
    [`rsync --server --sender ${DATA} . /etc/`, 'not beneath'],
    [`rsync --server --sender ${DATA} . ${mount}/data/up/`, 'not beneath'],
    [`rsync --server --sender ${DATA} . ${snap}/src-backup-1600000000.backup/`, 'that is being backed up'],
    [`rsync --server --sender ${DATA} . ${MAP}/`, 'that is being backed up'],
    [`rsync --server --sender ${LIST} . ${mount}/`, 'in backupmaps only'],
    [`rsync --server --sender ${LIST} . ${meta}/backup/`, 'in backupmaps only'],
    [`rsync --server --sender ${LIST} . ${MAP}/header.json`, 'no folder'],
    [`stat ${meta}/out/secret`, 'not beneath'],
    [`scp -f ${MAP}`, 'regular file'],
    [`scp -f ${meta}/open/file`, 'others may change'],
    [`rsync --server --sender ${DATA} --remove-source-files . ${mount}/`, 'not allowed'],
    [`rsync --server --sender ${DATA} --log-file=/etc/cron.d/x . ${mount}/`, 'not allowed'],
    [`rsync --server --sender ${DATA} --copy-unsafe-links . ${mount}/`, 'not allowed'],
    [`rsync --server --sender ${DATA} --insecure-links . ${mount}/`, 'not allowed'],
    [`rsync --server --sender ${DATA} --write-devices . ${mount}/`, 'not allowed'],
    [`rsync --server --sender ${DATA} --from0 . ${mount}/`, 'twice'],
    [`rsync --server --sender ${DATA} -L . ${mount}/`, 'not allowed'],
    [`rsync --server --sender ${DATA.replace('--files-from=-', '--files-from=/etc/shadow')} . ${mount}/`, 'not allowed'],
    [`rsync --server --sender ${DATA.replace('--files-from=- ', '')} . ${mount}/`, 'combination'],
    [`rsync --server --sender ${DATA.replace('-l', '-lL')} . ${mount}/`, 'combination'],
    [`rsync --server --sender ${DATA.replace('-l', '-lW')} . ${mount}/`, 'combination'],
    [`rsync --server --sender ${SMALL_FILES.replace('-l', '-lk')} . ${mount}/`, 'combination'],
    [`rsync --server --sender ${SMALL_FILES.replace('-lW', '-WW')} . ${mount}/`, 'combination'],
    [`rsync --server --sender ${SMALL_FILES.replace('-lW', '-l')} . ${mount}/`, 'combination'],
    [`rsync --server --sender ${SMALL_FILES.replace('--inplace ', '')} . ${mount}/`, 'combination'],
    [`rsync --server --sender ${ATTRIBUTES.replace('S', 'W')} . ${mount}/`, 'combination'],
    [`rsync --server --sender ${SMALL_FILES} . ${MAP}/`, 'that is being backed up'],
    [`rsync --server --sender ${DATA.replace('-l', '-ll')} . ${mount}/`, 'combination'],
    [`rsync --server --sender ${DATA.replace('-l', '-lr')} . ${mount}/`, 'combination'],
    [`rsync --server --sender ${DATA.replace('-l', '-ld')} . ${mount}/`, 'combination'],
    [`rsync --server --sender ${DATA.replace('e.Lsf', 's.Lsf')} . ${mount}/`, 'not allowed'],
    [`rsync --server --sender ${LIST.replace('-tR', '-tRs')} . ${MAP}/`, 'combination'],
    [`rsync --server --sender ${LIST.replace('-tR', '-tRL')} . ${MAP}/`, 'combination'],
    [`rsync --server --sender --files-from=- --from0 . ${MAP}/`, 'combination'],
    [`rsync --server --sender --files-from=- --from0 --inplace --numeric-ids . ${MAP}/`, 'combination'],
  ])('%s', (command, reason) => {
    const result = validate(command)
    expect(result).toMatchObject({ exitCode: 1, stdout: '' })
    expect(result.stderr).toMatch(/^lustrebackup_ssh_command_validator: refused: [^\n]*\n$/)
    expect(result.stderr).toContain(reason)
  })

  it('a login without a command', () => {
    expect(validate(undefined)).toMatchObject({ exitCode: 1, stdout: '' })
    expect(validate('')).toMatchObject({ exitCode: 1, stdout: '' })
  })

  it('a command whose program is not installed beside it', () => {
    rmSync(join(bin, 'lustrebackup_source_abort'))
    const result = validate('lustrebackup_source_abort')
    program('lustrebackup_source_abort', STAND_IN)
    expect(result).toMatchObject({ exitCode: 1, stdout: '' })
    expect(result.stderr).toContain('not installed')
  })

  it('data, while no backup is in progress', () => {
    rmSync(`${meta}/inprogress_backup`)
    const result = validate(`rsync --server --sender ${DATA} . ${mount}/`)
    symlinkSync('backup/1700000000.json', `${meta}/inprogress_backup`)
    expect(result).toMatchObject({ exitCode: 1, stdout: '' })
    expect(result.stderr).toContain('no backup is in progress')
  })

  it('and tells nobody what exists elsewhere', () => {
    const there = validate(`stat ${mount}/data/up/etc/passwd`)
    const nothing = validate(`stat ${mount}/data/up/etc/no-such-file`)
    expect(there).toMatchObject({ exitCode: 1, stderr: nothing.stderr })
  })

  it('and tells syslog in one line who wanted what', () => {
    validate('id\nforged entry', ['-c', conf], { SSH_CONNECTION: '10.0.0.9 4711 10.0.0.1 22' })
    const logged = readFileSync(`${root}/logged`, 'utf8').split('\0')
    expect(logged.slice(0, 4)).toEqual(['-p', 'auth.error', '-t', 'lustrebackup_ssh_command_validator'])
    expect(logged[5]).toContain('refused from 10.0.0.9 4711 10.0.0.1 22: ')
    expect(logged[5]).toContain(String.raw`$'id\nforged entry'`)
    expect(logged[5]).not.toContain('\n')
  })
})

it('tells syslog who runs what', () => {
  validate(`stat ${FILE}`, ['-c', conf], { SSH_CONNECTION: '10.0.0.9 4711 10.0.0.1 22' })
  const [, priority, , , , text] = readFileSync(`${root}/logged`, 'utf8').split('\0')
  expect(priority).toBe('auth.info')
  expect(text).toBe(`running from 10.0.0.9 4711 10.0.0.1 22: stat\\ ${FILE}`)
})

describe('what changes just after it was looked at leads nowhere else:', () => {
  const raced = `${meta}/raced`
  it.each<[string, string, boolean]>([
    ['a link on the way', `ln -sfn '${root}/outside' '${raced}/link'`, true],
    ['a folder', `mv '${raced}/real' '${raced}/gone'; ln -s '${root}/outside' '${raced}/real'`, false],
    ['the file', `ln -sfn '${root}/outside/secret' '${raced}/real/secret'`, false],
  ])('%s', (_what, change, isAccepted) => {
    for (const command of ['stat', 'scp -f']) {
      rmSync(raced, { recursive: true, force: true })
      mkdirSync(`${raced}/real`, { recursive: true })
      writeFileSync(`${raced}/real/secret`, 'harmless')
      symlinkSync('real', `${raced}/link`)
      const answer = `${root}/resolved`
      program(
        'realpath',
        `#!/bin/sh\n/usr/bin/realpath "$@" >${answer} || exit\ncase $* in */link/secret) ${change} ;; esac\ncat ${answer}\n`,
      )
      program('scp', '#!/bin/sh\ncat -- "$2"\n')
      // Follows no link at the end, as stat itself.
      program('stat', '#!/bin/sh\n[ -L "$2" ] || cat -- "$2"\n')
      const { stdout } = validate(`${command} ${raced}/link/secret`)
      expect(stdout).toBe(isAccepted ? 'harmless' : '')
    }
    for (const name of ['scp', 'stat']) program(name, STAND_IN)
    rmSync(join(bin, 'realpath'))
  })
})

describe('the configuration of the validator', () => {
  it.each([[['-x']], [['-c']], [['-c', 'relative.conf']], [['-c', '/no/such/file.conf']], [['-c', conf, 'extra']]])(
    'is not taken from %j',
    (args) => {
      expect(validate('lustrebackup_source_init', args)).toMatchObject({ exitCode: 1, stdout: '' })
    },
  )

  it.each([
    [['meta_basepath = /m'], 'snapshot_home'],
    [['snapshot_home = /s'], 'meta_basepath'],
    [['snapshot_home = /', 'meta_basepath = /m'], 'snapshot_home'],
    [['snapshot_home = s', 'meta_basepath = /m'], 'snapshot_home'],
    [['snapshot_home = /s', 'snapshot_home = /', 'meta_basepath = /m'], 'twice'],
    [['[OTHER]', 'snapshot_home = /s', 'meta_basepath = /m'], 'snapshot_home'],
  ])('is refused with %j', (lines, reason) => {
    writeConf(...lines)
    const result = validate(`stat ${FILE}`)
    expect(result).toMatchObject({ exitCode: 1, stdout: '' })
    expect(result.stderr).toContain(reason)
  })

  it.each([
    [[`snapshot_home=${snap} # snapshots`, `  meta_basepath   =   ${meta}/ ; state`]],
    [['# [OTHER]', `snapshot_home = "${snap}" # snapshots`, `meta_basepath = '${meta}'`]],
    [[`snapshot_home = ${snap}//`, '; meta_basepath = /wrong', `meta_basepath = ${meta}\r`, '[SYSTEM]', 'snapshot_home = /']],
  ])('is read from %j', (lines) => {
    writeConf(...lines)
    expect(validate(`stat ${FILE}`)).toMatchObject({ exitCode: 0, argv: ['stat', '--', './big'] })
    expect(validate(`scp -f ${MAP}/header.json`)).toMatchObject({ exitCode: 0, argv: ['scp', '-f', './header.json'] })
  })
})

const NOBODY = 65534
describe.runIf(process.getuid?.() === 0)('a snapshot that is a link in snapshot_home', () => {
  const own = join(root, 'own')
  const inside = `${own}/src-backup-1700000000.backup/data/big`

  beforeAll(() => {
    mkdirSync(own)
    symlinkSync(mount, `${own}/src-backup-1700000000.backup`)
    writeConf(`snapshot_home = ${own}`, `meta_basepath = ${meta}`)
    chmodSync(root, 0o755)
  })

  it('is refused to root, who has mounts', () => {
    expect(validate(`stat ${inside}`)).toMatchObject({ exitCode: 1, stdout: '' })
  })

  it('is refused to somebody else while snapshot_home is not theirs', () => {
    expect(validate(`stat ${inside}`, ['-c', conf], {}, NOBODY)).toMatchObject({ exitCode: 1, stdout: '' })
  })

  it('is accepted from its owner, and nothing that leads out of it', () => {
    chownSync(own, NOBODY, NOBODY)
    expect(validate(`stat ${inside}`, ['-c', conf], {}, NOBODY)).toMatchObject({ exitCode: 0, argv: ['stat', '--', './big'] })
    const up = validate(`stat ${own}/src-backup-1700000000.backup/data/up/etc/passwd`, ['-c', conf], {}, NOBODY)
    expect(up).toMatchObject({ exitCode: 1, stdout: '' })
  })
})

it('nothing of the client’s environment reaches the command or the validator', () => {
  writeConf(`snapshot_home = ${snap}`, `meta_basepath = ${meta}`)
  writeFileSync(`${root}/evil.sh`, `echo evil\n`)
  program('lustrebackup_source_init', '#!/bin/sh\n/usr/bin/env\n')
  const result = validate('lustrebackup_source_init', ['-c', conf], {
    BASH_ENV: `${root}/evil.sh`,
    LUSTREBACKUP_CRASH_AT: 'exec.started',
    'BASH_FUNC_logger%%': '() { echo evil; }',
    'BASH_FUNC_realpath%%': '() { echo evil; }',
    NODE_OPTIONS: '--require=/tmp/evil.js',
    LD_LIBRARY_PATH: '/tmp',
    RSYNC_RSH: '/tmp/evil',
    PATH: `/tmp:${process.env.PATH}`,
    IFS: '/',
  })
  program('lustrebackup_source_init', STAND_IN)
  const names = result.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('=')[0])
  // PWD, OLDPWD and _ are set by the stand-in's own shell.
  expect(names.filter((name) => !['PWD', 'OLDPWD', '_', 'SHLVL'].includes(name!)).toSorted()).toEqual(['HOME', 'LANG', 'LC_ALL', 'PATH'])
  expect(result.stdout).toContain(`PATH=${bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n`)
})

describe('with the real rsync', () => {
  const target = join(root, 'target')
  const shell = join(root, 'ssh-stand-in')
  const SETTINGS = '-lptgoDHAXS --no-recursive --no-implied-dirs --numeric-ids --modify-window=-1'.split(' ')
  const SMALL = SETTINGS.map((word) => word.replace('HAXS', 'HAXW'))

  beforeAll(() => {
    writeConf(`snapshot_home = ${snap}`, `meta_basepath = ${meta}`)
    rmSync(join(bin, 'rsync'))
    writeFileSync(shell, `#!/bin/sh\nshift\nSSH_ORIGINAL_COMMAND="$*" exec '${join(bin, SCRIPT)}' -c '${conf}'\n`)
    chmodSync(shell, 0o755)
  })

  function pull(options: readonly string[], from: string, list: readonly string[]) {
    rmSync(target, { recursive: true, force: true })
    mkdirSync(target)
    const args = ['-e', shell, ...options, '--files-from=-', '--from0', `source:${from}/`, `${target}/`]
    return spawnSync('rsync', args, { input: list.join('\0'), encoding: 'utf8' })
  }

  it.each([
    [
      'data',
      [...SETTINGS, '--no-dirs', '--inplace', '--ignore-times', '--filter=-x trusted.lov'],
      `${mount}/data`,
      ['./big', './a b\n', './up'],
      './up',
    ],
    ['small files', [...SMALL, '--no-dirs', '--inplace', '--ignore-times'], `${mount}/data`, ['./big', './up'], './up'],
    ['attributes', [...SETTINGS, '--dirs', '--size-only', '--filter=-x trusted.lov'], mount, ['./data', './data/big'], './data/big'],
    ['a backupmap', ['-t', '--no-recursive'], MAP, ['./header.json'], './header.json'],
  ])('%s come through', (_what, options, from, list, last) => {
    expect(pull(options, from, list)).toMatchObject({ status: 0, stderr: '' })
    expect(execFileSync('find', ['-P', target, '-path', `${target}/${last.slice(2)}`], { encoding: 'utf8' })).not.toBe('')
  })

  const confined = execFileSync('rsync', ['--help'], { encoding: 'utf8' }).includes('--confine-root')
  it.runIf(confined)('no list leads out of the folder through a symlink', () => {
    const result = pull([...SETTINGS, '--no-dirs', '--inplace', '--ignore-times'], `${mount}/data`, [`./up${root}/outside/secret`])
    expect(result.status).not.toBe(0)
    expect(existsSync(`${target}/up${root}/outside/secret`)).toBe(false)
  })

  it('nothing can be written to the source', () => {
    const result = spawnSync('rsync', ['-e', shell, '-t', `${root}/outside/secret`, `source:${mount}/data/`], { encoding: 'utf8' })
    expect(result.status).not.toBe(0)
    expect(existsSync(`${mount}/data/secret`)).toBe(false)
  })
})
