import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism, homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { EXIT, LustrebackupError, reasonOf } from '../errors/errors.js'
import type { ConfigProblem, Role } from './config-keys.js'
import type { Config } from './config-types.js'
import { parseConfig } from './parse-config.js'

export const DEFAULT_CONFIG_FILE = '/etc/lustrebackup.conf'

/** Reads and checks a configuration file. `CONFIG_UNREADABLE` or `CONFIG_INVALID`, both with exit code 2, and with all problems at once. */
export function loadConfig(file: string, role: Role): Config {
  const path = resolve(file)
  const config = parseConfig(readConfigFile(path), { file: path, role, cpuCount: availableParallelism() })
  if (config.ok) return withoutMissingSshConfig(config.value)
  const lines = config.error.map((problem) => `  ${problemInWords(problem)}`)
  throw new LustrebackupError('CONFIG_INVALID', `the configuration file ${path} cannot be used:\n${lines.join('\n')}`, {
    exitCode: EXIT.usage,
    hint: 'correct the file; lustrebackup.conf.example explains every key',
  })
}

/**
 * The configuration file of the earlier tool's documentation names the user's own ssh configuration, which need not exist: ssh does not mind where
 * it is not named. Any other file that is missing stays an error.
 */
function withoutMissingSshConfig(config: Config): Config {
  const { sshConfig } = config.system
  if (sshConfig !== join(homedir(), '.ssh/config') || existsSync(sshConfig)) return config
  return { ...config, system: { ...config.system, sshConfig: '' } }
}

function readConfigFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new LustrebackupError('CONFIG_UNREADABLE', `cannot read the configuration file ${path}: ${reasonOf(error)}`, {
      exitCode: EXIT.usage,
      hint: `name the file with -c PATH, or copy lustrebackup.conf.example to ${DEFAULT_CONFIG_FILE} and adapt it`,
      cause: error,
    })
  }
}

function problemInWords({ section, key, value, reason }: ConfigProblem): string {
  const place = [section === null ? '' : `[${section}]`, key ?? ''].filter((part) => part !== '').join(' ')
  const assignment = value === null ? place : `${place}${key === null ? ':' : ' ='} ${JSON.stringify(value)}`
  return `${assignment.trim()}: ${reason}`
}
