import { readFileSync } from 'node:fs'
import ssh2, { type AnyAuthMethod } from 'ssh2'
import type { SshSettings } from './parse-ssh-settings.js'

/** How to prove who we are, in the order in which it is tried. */
export interface Identities {
  readonly methods: readonly AnyAuthMethod[]
  /** Key files that cannot be used without a passphrase. */
  readonly lockedKeys: readonly string[]
}

/** Key files that are there, then the agent. Passwords are never used: there is nobody to ask. */
export function loadIdentities(settings: SshSettings): Identities {
  const methods: AnyAuthMethod[] = []
  const lockedKeys: string[] = []
  for (const file of settings.identityFiles) {
    const content = readIfThere(file)
    if (content === null) continue
    const key = ssh2.utils.parseKey(content)
    if (!(key instanceof Error)) methods.push({ type: 'publickey', username: settings.user, key })
    else if (/passphrase|encrypted/i.test(key.message)) lockedKeys.push(file)
  }
  if (settings.agent !== null && !settings.identitiesOnly) methods.push({ type: 'agent', username: settings.user, agent: settings.agent })
  return { methods, lockedKeys }
}

function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file)
  } catch {
    return null
  }
}
