import { LustrebackupError, reasonOf } from '../errors/errors.js'
import type { Exec, ExecOptions, ExecResult } from '../exec/exec-port.js'
import type { RemoteHost, RemoteWord } from '../ssh/remote-port.js'

/** Runs commands where the MGS is. */
export interface MgsRunner {
  run(words: readonly RemoteWord[], options: ExecOptions): Promise<ExecResult>
}

/** On this node. */
export function localMgsRunner(exec: Exec): MgsRunner {
  return {
    run: ([program, ...args], options) => exec.run(plain(program!), args.map(plain), options),
  }
}

function plain(word: RemoteWord): string {
  return typeof word === 'string' ? word : word.quoted
}

const STATUS_WORDS = ['/etc/init.d/lustre', 'status', 'MGS']
const STATUS_TIMEOUT_SECONDS = 60
/** Exit codes of a shell, or of a forced command, for a program that is not there. */
const NOT_THERE = [126, 127]

/**
 * On the host of a fail-over list where the MGS is active: the one whose `lustre status MGS` says `running`; where that script is missing, the
 * first on which `probe` (which changes nothing) succeeds. Looked for once, and again after that host could not be reached.
 */
export function remoteMgsRunner(hosts: readonly RemoteHost[], probe: readonly RemoteWord[], probeTimeoutSeconds: number): MgsRunner {
  let active: Promise<RemoteHost> | null = null
  const find = (signal?: AbortSignal): Promise<RemoteHost> =>
    hosts.length === 1 ? Promise.resolve(hosts[0]!) : activeHost(hosts, probe, probeTimeoutSeconds, signal)
  return {
    run: async (words, options) => {
      active ??= find(options.signal)
      try {
        return await (await active).run(words, options)
      } catch (error) {
        active = null
        throw error
      }
    },
  }
}

async function activeHost(
  hosts: readonly RemoteHost[],
  probe: readonly RemoteWord[],
  probeTimeoutSeconds: number,
  signal?: AbortSignal,
): Promise<RemoteHost> {
  const reasons: string[] = []
  for (const host of hosts) {
    signal?.throwIfAborted()
    const reason = await whyNotActive(host, probe, probeTimeoutSeconds, signal).catch((error: unknown) => {
      signal?.throwIfAborted()
      return reasonOf(error)
    })
    if (reason === null) return host
    reasons.push(`${host.name}: ${reason}`)
  }
  throw new LustrebackupError('MGS_NOT_FOUND', `the MGS runs on none of its hosts: ${reasons.join('; ')}`, {
    hint: 'start the MGS, or correct [LUSTRE] mgs',
  })
}

async function whyNotActive(
  host: RemoteHost,
  probe: readonly RemoteWord[],
  probeTimeoutSeconds: number,
  signal?: AbortSignal,
): Promise<string | null> {
  const limits = (timeoutSeconds: number): ExecOptions => ({ timeoutSeconds, ...(signal === undefined ? {} : { signal }) })
  const status = await host.run(STATUS_WORDS, limits(STATUS_TIMEOUT_SECONDS))
  if (!NOT_THERE.includes(status.exitCode ?? 0)) {
    const said = status.stdout.toString('utf8').trim()
    return /^\s*running\s*$/m.test(said)
      ? null
      : `its MGS is not running (${said || status.stderr.trim() || `exit code ${status.exitCode}`})`
  }
  const probed = await host.run(probe, limits(probeTimeoutSeconds))
  return probed.exitCode === 0 ? null : `it does not answer as the MGS (${probed.stderr.trim() || `exit code ${probed.exitCode}`})`
}
