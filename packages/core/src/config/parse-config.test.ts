import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CONFIG_KEYS, type Role } from './config-keys.js'
import type { Config } from './config-types.js'
import { parseConfig } from './parse-config.js'

const EXAMPLE = readFileSync(new URL('../../../../etc/lustrebackup.conf.example', import.meta.url), 'utf8')
const SMALL = `[LUSTRE]
fsname = src
nid = 10.0.0.1@tcp
mdt = MDT0000
changelog_user = cl1
data_mount = /mnt/src
meta_basepath = /mnt/src/.lustrebackup
snapshot_home = /mnt/snapshots
[SOURCE]
host = source
`

const parse = (text: string, role: Role = 'source') => parseConfig(text, { file: '/c', role, cpuCount: 7 })

function accepted(text: string, role: Role = 'source'): Config {
  const config = parse(text, role)
  if (!config.ok) throw new Error(JSON.stringify(config.error))
  return config.value
}

function refused(text: string, role: Role = 'source'): string[] {
  const config = parse(text, role)
  if (config.ok) throw new Error('was accepted')
  return config.error.map(({ section, key, value, reason }) => `[${section}] ${key} = ${value}: ${reason}`)
}

/** SMALL with one assignment changed or added in its section. */
function withValue(section: string, key: string, value: string): string {
  const others = SMALL.split('\n').filter((line) => !line.startsWith(`${key} =`))
  const at = others.indexOf(`[${section}]`)
  return at === -1 ? `${others.join('\n')}\n[${section}]\n${key} = ${value}\n` : others.toSpliced(at + 1, 0, `${key} = ${value}`).join('\n')
}

describe('the example', () => {
  it.each(['source', 'target', 'snapshot'] as const)('is valid for %s', (role) => {
    expect(accepted(EXAMPLE, role)).toMatchObject({
      global: { loglevel: 'info' },
      lustre: { mdts: ['MDT0000'], largefileSizeBytes: 1n << 30n, hugefileSizeBytes: 1n << 40n, dataPath: '/mnt/lustre/data' },
      source: { conf: '/etc/lustrebackup.conf' },
      system: { nprocs: 7, sshConfig: '' },
    })
  })

  it('shows every key, with its default where there is one', () => {
    for (const keys of Object.values(CONFIG_KEYS)) for (const key of keys) expect(EXAMPLE).toMatch(new RegExp(`^${key} =`, 'm'))
    const shown = accepted(EXAMPLE)
    const defaults = accepted(SMALL)
    expect(shown.system).toEqual(defaults.system)
    expect(shown.backup).toEqual(defaults.backup)
    expect(shown.global).toEqual(defaults.global)
    expect(shown.monitoring).toEqual(defaults.monitoring)
  })
})

it('fills in every default', () => {
  expect(accepted(SMALL)).toEqual({
    file: '/c',
    global: { logdir: '/var/log/lustrebackup', logfile: 'lustrebackup.log', loglevel: 'info' },
    lustre: {
      fsname: 'src',
      nid: '10.0.0.1@tcp',
      mgs: [],
      mdts: ['MDT0000'],
      changelogUsers: ['cl1'],
      dataMount: '/mnt/src',
      dataPath: '/mnt/src',
      metaBasepath: '/mnt/src/.lustrebackup',
      snapshotHome: '/mnt/snapshots',
      snapshotCreateRetries: 10,
      snapshotMountOpts: [],
      dataMountOpts: [],
      largefileSizeBytes: 1n << 30n,
      hugefileSizeBytes: 1n << 40n,
      flushSeconds: 60,
      mgsCommands: 'wrapper',
      liblustreapi: '',
    },
    source: { host: 'source', conf: '/etc/lustrebackup.conf' },
    backup: {
      rsyncCommand: '/usr/bin/rsync',
      checksumChoice: 'xxh128',
      onChangelogGap: 'fail',
      compareDays: 30,
      maxChangePercent: null,
      maxErrors: { count: 1000 },
      snapshotBackend: 'lustre',
    },
    monitoring: { metricsDir: '', heartbeatUrl: '', hookBefore: [], hookAfter: [], hookFailure: [], hookTimeoutSeconds: 60 },
    system: {
      nprocs: 7,
      sysMemoryFactor: 0,
      userMemoryFactor: 0,
      sshConfig: '',
      commandPath: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    },
  })
})

describe('values', () => {
  const read = (section: string, key: string, value: string) => accepted(withValue(section, key, value))
  it.each([
    ['64M', 64n << 20n],
    ['1G', 1n << 30n],
    ['1T', 1n << 40n],
    ['1', 1n],
    ['9007199254740993', 9007199254740993n],
  ])('largefile_size = %s', (text, bytes) => {
    expect(accepted(`${withValue('LUSTRE', 'largefile_size', text)}\n[LUSTRE]\nhugefile_size = 4000P`).lustre.largefileSizeBytes).toBe(
      bytes,
    )
  })

  it.each(['0', '-1', '1.5G', 'G', '1X', '0x10', '1e9', '9223372036854775808', 'true'])('refuses largefile_size = %s', (text) => {
    expect(refused(withValue('LUSTRE', 'largefile_size', text))[0]).toContain(
      `[LUSTRE] largefile_size = ${text}: must be a number of bytes`,
    )
  })

  it('takes MDTs with and without the name of the file system, and one user for all or one for each', () => {
    const text = withValue('LUSTRE', 'mdt', 'src-MDT0000, MDT000A').replace('cl1', 'cl2,cl3-me')
    expect(accepted(text).lustre).toMatchObject({ mdts: ['MDT0000', 'MDT000a'], changelogUsers: ['cl2', 'cl3-me'] })
    expect(read('LUSTRE', 'mdt', 'MDT0000,MDT0001').lustre.changelogUsers).toEqual(['cl1', 'cl1'])
  })

  it.each([
    ['mdt', 'dst-MDT0000', 'must belong to fsname = src'],
    ['mdt', 'MDT0', 'must be MDT0000'],
    ['mdt', 'MDT0000,MDT0000', 'names an MDT twice'],
    ['mdt', 'MDT0000,', 'must be MDT0000'],
    ['changelog_user', 'cl1,cl2', 'for each of the 1 in mdt'],
    ['changelog_user', 'me', 'a changelog user such as cl1'],
    ['mgs', '-oProxyCommand=x', 'a host name'],
    ['mgs', 'a:-b', 'a host name'],
    ['nid', '-o x', 'the NID'],
    ['fsname', 'longer-than-8', '1 to 8'],
    ['data_path', '/elsewhere', 'lie beneath it'],
    ['data_path', '../x', 'lie beneath it'],
    ['meta_basepath', 'relative', 'absolute path'],
    ['meta_basepath', '/mnt/a b', 'absolute path of letters'],
    ['meta_basepath', '/mnt', 'must not be or hold data_path'],
    ['snapshot_mount_opts', 'flock,rw', 'must not hold rw'],
    ['hugefile_size', '1M', 'must not be below largefile_size'],
    ['snapshot_create_retries', '-1', 'whole number'],
    ['mgs_commands', 'sh', 'one of wrapper, lctl'],
    ['liblustreapi', 'liblustreapi.so', 'absolute path'],
  ])('refuses %s = %s', (key, value, reason) => {
    expect(refused(withValue('LUSTRE', key, value)).join()).toContain(reason)
  })

  it('takes data_path absolute or relative to data_mount, and normalises paths', () => {
    expect(read('LUSTRE', 'data_path', 'a/./b//').lustre.dataPath).toBe('/mnt/src/a/b')
    expect(read('LUSTRE', 'data_path', '/mnt/src/a/../c').lustre.dataPath).toBe('/mnt/src/c')
    expect(read('LUSTRE', 'data_path', '/mnt/src/').lustre.dataPath).toBe('/mnt/src')
    expect(read('LUSTRE', 'snapshot_home', '/mnt/./x/').lustre.snapshotHome).toBe('/mnt/x')
  })

  it('reads lists and limits', () => {
    expect(read('LUSTRE', 'mgs', 'mgs1:mgs2').lustre.mgs).toEqual(['mgs1', 'mgs2'])
    expect(read('LUSTRE', 'snapshot_mount_opts', 'flock,retry=2').lustre.snapshotMountOpts).toEqual(['flock', 'retry=2'])
    expect(read('BACKUP', 'compare_days', 'always').backup.compareDays).toBe('always')
    expect(read('BACKUP', 'compare_days', '0').backup.compareDays).toBe(0)
    expect(read('BACKUP', 'max_change_percent', '12.5').backup.maxChangePercent).toBe(12.5)
    expect(read('BACKUP', 'max_errors', '5%').backup.maxErrors).toEqual({ percent: 5 })
    expect(read('BACKUP', 'max_errors', '0').backup.maxErrors).toEqual({ count: 0 })
    expect(read('BACKUP', 'max_errors', 'off').backup.maxErrors).toBeNull()
  })

  it.each(['101', '-1', 'x%'])('refuses max_change_percent = %s', (value) => {
    expect(refused(withValue('BACKUP', 'max_change_percent', value))).toHaveLength(1)
  })
})

describe('monitoring', () => {
  it('takes hooks as words, and an address with a place for the exit code', () => {
    const { monitoring } = accepted(
      withValue('MONITORING', 'hook_after', '/usr/bin/logger  -t a=b done').concat('heartbeat_url = https://hc.example/id/{exit_code}\n'),
    )
    expect(monitoring.hookAfter).toEqual(['/usr/bin/logger', '-t', 'a=b', 'done'])
    expect(monitoring.heartbeatUrl).toBe('https://hc.example/id/{exit_code}')
  })

  it.each([
    ['hook_before', 'logger x', 'absolute path of a program'],
    ['hook_after', '/bin/sh -c "rm $X"', 'without quotes'],
    ['hook_failure', '/bin/a;/bin/b', 'plain words'],
    ['hook_timeout', '0', 'from 1 to 3600'],
    ['heartbeat_url', 'ftp://host/x', 'http:// or https://'],
    ['heartbeat_url', 'https://', 'http:// or https://'],
    ['metrics_dir', 'metrics', 'absolute path'],
  ])('refuses %s = %s', (key, value, reason) => {
    expect(refused(withValue('MONITORING', key, value)).join()).toContain(reason)
  })
})

describe('roles', () => {
  it('asks the source for its MDTs, the target for its source, and a snapshot command for neither', () => {
    const bare = SMALL.replace(/^(mdt|changelog_user|host) .*$/gm, '')
    expect(refused(bare, 'source')).toEqual(['[LUSTRE] mdt = null: must be given', '[LUSTRE] changelog_user = null: must be given'])
    expect(refused(bare.replace('/mnt/src/.l', '/mnt/l'), 'target')).toEqual(['[SOURCE] host = null: must be given'])
    expect(accepted(bare, 'snapshot').lustre.mdts).toEqual([])
  })

  it('keeps meta_basepath and snapshot_home out of the tree on the target', () => {
    expect(refused(SMALL, 'target').join()).toContain('must not lie inside data_path (/mnt/src) on the target')
    const text = withValue('LUSTRE', 'data_path', 'tree').replace('/mnt/snapshots', '/mnt/src/tree/snap')
    expect(refused(text, 'target')).toHaveLength(1)
    expect(accepted(withValue('LUSTRE', 'data_path', 'tree'), 'target').lustre.dataPath).toBe('/mnt/src/tree')
  })

  it('asks a target without snapshots for nothing of Lustre', () => {
    const text = '[LUSTRE]\ndata_mount=/b\ndata_path=t\nmeta_basepath=/b/m\n[SOURCE]\nhost=root@s\n[BACKUP]\nsnapshot_backend=none'
    expect(accepted(text, 'target').source.host).toBe('root@s')
    expect(refused(text, 'snapshot')).toHaveLength(3)
  })
})

it('names all problems at once', () => {
  const text = `${SMALL.replace('src\n', 'far-too-long\n').replace('host = source', 'host =\nport = 22')}[BACKUP]\ncompare_days = x\n`
  expect(refused(text, 'target')).toEqual([
    expect.stringContaining('[SOURCE] port = 22: unknown key; known are host, conf'),
    expect.stringContaining('[BACKUP] compare_days = x'),
    expect.stringContaining('[LUSTRE] fsname = far-too-long'),
    expect.stringContaining('[SOURCE] host = : must be given'),
    expect.stringContaining('must not lie inside data_path'),
  ])
})
