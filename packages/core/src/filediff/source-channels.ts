import type { Config } from '../config/config-types.js'
import type { Exec } from '../exec/exec-port.js'
import { fastCipherOptions } from '../ssh/fast-ciphers.js'
import type { DataChannel } from './data-channel.js'
import { openSystemSsh, sshArguments } from './system-ssh-channel.js'

/** Opens channels to source processes. */
export interface SourceChannels {
  open(words: readonly string[]): Promise<DataChannel>
}

/** `sshOptions`: further options of ssh, which win over those chosen here. */
export function createSourceChannels(config: Config, exec: Exec, sshOptions: readonly string[] = []): SourceChannels {
  const { sshConfig, commandPath } = config.system
  const settings = { host: config.source.host, sshConfig, options: sshOptions, commandPath }
  let options: Promise<readonly string[]> | null = null
  return {
    open: async (words) => {
      options ??= fastCipherOptions(sshArguments(settings), exec)
      return openSystemSsh({ ...settings, options: [...sshOptions, ...(await options)] }, words)
    },
  }
}
