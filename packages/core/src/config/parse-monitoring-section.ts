import { splitPlainWords } from '../types/plain-words.js'
import { fail, ok } from '../types/result.js'
import type { ConfigReader } from './config-reader.js'
import type { Config } from './config-types.js'
import { absolutePath, type ValueParser, wholeNumber } from './parse-value.js'

const DEFAULT_HOOK_SECONDS = 60

export function readMonitoring(reader: ConfigReader): Config['monitoring'] {
  const hook = (key: 'hook_before' | 'hook_after' | 'hook_failure') => reader.optional('MONITORING', key, commandLine, [])
  return {
    metricsDir: reader.optional('MONITORING', 'metrics_dir', absolutePath, ''),
    heartbeatUrl: reader.optional('MONITORING', 'heartbeat_url', heartbeatUrl, ''),
    hookBefore: hook('hook_before'),
    hookAfter: hook('hook_after'),
    hookFailure: hook('hook_failure'),
    hookTimeoutSeconds: reader.optional('MONITORING', 'hook_timeout', wholeNumber(1, 3600), DEFAULT_HOOK_SECONDS),
  }
}

const commandLine: ValueParser<readonly string[]> = (text) => {
  const words = splitPlainWords(text)
  return words?.[0]?.startsWith('/') === true
    ? ok(words)
    : fail('must be the absolute path of a program and its arguments: plain words separated by blanks, without quotes')
}

const heartbeatUrl: ValueParser<string> = (text) =>
  /^https?:\/\/[!-~]+$/.test(text) && URL.canParse(urlOfHeartbeat(text, 0))
    ? ok(text)
    : fail('must be a URL that begins with http:// or https://')

/** The address for a run that ended with `exitCode`. */
export function urlOfHeartbeat(template: string, exitCode: number): string {
  return template.replaceAll(EXIT_CODE_PLACE, String(exitCode))
}

/** Stands for the exit code in `heartbeat_url`. */
export const EXIT_CODE_PLACE = '{exit_code}'
