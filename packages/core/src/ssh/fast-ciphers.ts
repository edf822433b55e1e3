import { LustrebackupError } from '../errors/errors.js'
import { failureInWords } from '../exec/exec-failure.js'
import type { Exec } from '../exec/exec-port.js'

const TIMEOUT_SECONDS = 30
/** Ciphers that processors have instructions for, fastest first. */
const FAST = ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com']

/** The ciphers of `ssh -G HOST`, the fast ones first; none is added that the configuration does not allow. null = it says none. */
export function parseFastCiphers(settings: string): string | null {
  const allowed = /^ciphers (\S+)$/m.exec(settings)?.[1]?.split(',')
  if (allowed === undefined) return null
  const fast = FAST.filter((cipher) => allowed.includes(cipher))
  return [...fast, ...allowed.filter((cipher) => !fast.includes(cipher))].join(',')
}

/** Options that let the system's ssh choose a fast cipher where the other host agrees. `args` are those that ssh gets, with the host at the end. */
export async function fastCipherOptions(args: readonly string[], exec: Exec): Promise<readonly string[]> {
  const result = await exec.run('ssh', ['-G', ...args], { timeoutSeconds: TIMEOUT_SECONDS })
  if (result.exitCode !== 0) {
    throw new LustrebackupError('SSH_CONFIG', `cannot read the ssh settings of ${args.at(-1)}: ${failureInWords(result)}`, {
      hint: 'check [SYSTEM] ssh_config, or ~/.ssh/config',
    })
  }
  const ciphers = parseFastCiphers(result.stdout.toString('utf8'))
  return ciphers === null ? [] : [`-oCiphers=${ciphers}`]
}
