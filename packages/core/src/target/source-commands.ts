import type { Config } from '../config/config-types.js'
import { EXIT, type ExitCode, LustrebackupError } from '../errors/errors.js'
import type { ExecResult } from '../exec/exec-port.js'
import type { SourceInit } from '../source/source-init-types.js'
import type { RemoteHost } from '../ssh/remote-port.js'
import type { Owed } from '../transfer/owed-types.js'
import { parseSourceInit } from './parse-source-init.js'

/** The commands of the source that a target calls. */
export interface SourceCommands {
  init(): Promise<SourceInit>
  /** What `init` would answer; the source begins nothing. */
  look(): Promise<SourceInit>
  /** Safe to repeat. `SOURCE_REFUSED` when the source was reached and knows no such backup, or cannot be asked for it. */
  done(timestamp: number, owed: readonly Owed[]): Promise<void>
  abort(): Promise<void>
}

/** source_init may have to make a map anew, which reads the changelog and resolves everything in it. */
const INIT_SECONDS = 7 * 24 * 3600
const DONE_SECONDS = 3600
const EXIT_CODES: readonly number[] = Object.values(EXIT)

/** Runs one command of the source to its end and gives what it printed. */
export type RunOnSource = (
  command: string,
  args: readonly string[],
  options: { readonly input?: string; readonly timeoutSeconds: number },
) => Promise<string>

export function onSource(host: RemoteHost, config: Config, signal: AbortSignal): RunOnSource {
  return async (command, args, options) => {
    const words = [command, '-c', config.source.conf, ...args]
    const result = await host.run(words, { ...options, signal })
    if (result.exitCode !== 0) throw failed(command, host.name, result)
    return result.stdout.toString('utf8')
  }
}

export function sourceCommands(host: RemoteHost, config: Config, signal: AbortSignal): SourceCommands {
  const run = onSource(host, config, signal)
  return {
    init: async () => parseSourceInit(await run('lustrebackup_source_init', [], { timeoutSeconds: INIT_SECONDS }), host.name),
    look: async () => parseSourceInit(await run('lustrebackup_source_init', ['-n'], { timeoutSeconds: INIT_SECONDS }), host.name),
    async done(timestamp, owed) {
      const input = Array.from(new Set(owed.map(({ fid }) => `${fid}\n`))).join('')
      await run('lustrebackup_source_done', ['-t', String(timestamp)], { input, timeoutSeconds: DONE_SECONDS })
    },
    async abort() {
      await run('lustrebackup_source_abort', [], { timeoutSeconds: DONE_SECONDS })
    },
  }
}

/** The source's own words, and its exit code where it means something here too. */
function failed(command: string, host: string, { exitCode, signal, stderr }: ExecResult): LustrebackupError {
  const said = stderr.trim().split('\n').slice(-6).join('\n  ')
  const how = exitCode === null ? `was ended by ${signal ?? 'a lost connection'}` : `failed with exit code ${exitCode}`
  const known = exitCode !== null && EXIT_CODES.includes(exitCode) && exitCode !== EXIT.usage ? (exitCode as ExitCode) : EXIT.failed
  const code = exitCode === EXIT.usage ? 'SOURCE_REFUSED' : 'SOURCE_COMMAND_FAILED'
  return new LustrebackupError(code, `${command} on ${host} ${how}${said === '' ? '' : `:\n  ${said}`}`, {
    exitCode: known,
    hint:
      exitCode === 127 || exitCode === 126
        ? 'Install lustrebackup on the source, and check the forced command in authorized_keys there.'
        : 'The lines above come from the source; its log file there says more.',
  })
}
