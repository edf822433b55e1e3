import { posix } from 'node:path'
import { fail, ok, type Result } from '../types/result.js'
import type { ConfigProblem, Role } from './config-keys.js'
import { type ConfigReader, createConfigReader } from './config-reader.js'
import type { Config } from './config-types.js'
import { crossCheck } from './cross-check.js'
import { parseIni } from './parse-ini.js'
import { changePercent, compareDays, errorBudget } from './parse-limits.js'
import { readLustre } from './parse-lustre-section.js'
import { readMonitoring } from './parse-monitoring-section.js'
import { absolutePath, choice, decimalNumber, matching, plainAbsolutePath, wholeNumber } from './parse-value.js'
import { HOST } from './parse-words.js'

export interface ConfigContext {
  /** The file that the text comes from. */
  readonly file: string
  readonly role: Role
  /** Default of `nprocs`. */
  readonly cpuCount: number
}

export const DEFAULT_COMMAND_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The whole configuration, or everything that is wrong with it. */
export function parseConfig(text: string, context: ConfigContext): Result<Config, readonly ConfigProblem[]> {
  const reader = createConfigReader(parseIni(text))
  const backup = readBackup(reader)
  const config: Config = {
    file: context.file,
    global: readGlobal(reader),
    lustre: readLustre(reader, context.role, backup.snapshotBackend),
    source: readSource(reader, context.role),
    backup,
    monitoring: readMonitoring(reader),
    system: readSystem(reader, context.cpuCount),
  }
  crossCheck(config, context.role, reader)
  return reader.problems.length === 0 ? ok(config) : fail(reader.problems)
}

function readGlobal(reader: ConfigReader): Config['global'] {
  return {
    logdir: reader.optional('GLOBAL', 'logdir', absolutePath, '/var/log/lustrebackup'),
    logfile: reader.optional(
      'GLOBAL',
      'logfile',
      matching(/^(?!\.{1,2}$)[^/\0-\x1f]{1,255}$/, 'a file name without a slash'),
      'lustrebackup.log',
    ),
    loglevel: reader.optional('GLOBAL', 'loglevel', choice('debug', 'info', 'warning', 'error'), 'info'),
  }
}

function readSource(reader: ConfigReader, role: Role): Config['source'] {
  const read = role === 'target' ? reader.required : reader.optional
  return {
    host: read('SOURCE', 'host', HOST, ''),
    conf: reader.optional('SOURCE', 'conf', plainAbsolutePath, '/etc/lustrebackup.conf'),
  }
}

function readBackup(reader: ConfigReader): Config['backup'] {
  return {
    rsyncCommand: reader.optional(
      'BACKUP',
      'rsync_command',
      matching(/^(?!-)[^\0-\x20\x7f]+$/, 'one program, without arguments'),
      '/usr/bin/rsync',
    ),
    checksumChoice: reader.optional('BACKUP', 'checksum_choice', choice('xxh128', 'xxh64', 'sha256', 'blake2b'), 'xxh128'),
    onChangelogGap: reader.optional('BACKUP', 'on_changelog_gap', choice('fail', 'full'), 'fail'),
    compareDays: reader.optional('BACKUP', 'compare_days', compareDays, 30),
    maxChangePercent: reader.optional('BACKUP', 'max_change_percent', changePercent, null),
    maxErrors: reader.optional('BACKUP', 'max_errors', errorBudget, { count: 1000 }),
    snapshotBackend: reader.optional('BACKUP', 'snapshot_backend', choice('lustre', 'none'), 'lustre'),
  }
}

function readSystem(reader: ConfigReader, cpuCount: number): Config['system'] {
  return {
    nprocs: reader.optional('SYSTEM', 'nprocs', wholeNumber(1, 1024), cpuCount),
    sysMemoryFactor: reader.optional('SYSTEM', 'sys_memory_factor', decimalNumber(0, 1000), 0),
    userMemoryFactor: reader.optional('SYSTEM', 'user_memory_factor', decimalNumber(0, 1000), 0),
    sshConfig: reader.optional('SYSTEM', 'ssh_config', absolutePath, ''),
    commandPath: reader.optional('SYSTEM', 'command_path', searchPath, DEFAULT_COMMAND_PATH),
  }
}

function searchPath(text: string): Result<string, string> {
  const folders = text.split(':')
  return folders.every((folder) => posix.isAbsolute(folder)) ? ok(text) : fail('must be absolute folders separated by ":"')
}
