/** Keys of one host in the known_hosts files. */
export interface KnownHostKeys {
  /** `ssh-ed25519`, `ssh-rsa`, … with the key as it comes over the wire. */
  readonly trusted: readonly HostKey[]
  /** Marked `@revoked`. */
  readonly revoked: readonly HostKey[]
}

export interface HostKey {
  readonly type: string
  readonly key: Buffer
}

/** Reads what `ssh-keygen -F HOST -f FILE` prints: the lines that match, hashed or plain, each after a comment. */
export function parseKnownHosts(text: string): KnownHostKeys {
  const trusted: HostKey[] = []
  const revoked: HostKey[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue
    const words = line.trim().split(/\s+/)
    const marker = words[0]?.startsWith('@') === true ? words.shift() : null
    const [, type, base64] = words
    // A certificate authority signs keys that ssh2 cannot check.
    if (type === undefined || base64 === undefined || marker === '@cert-authority') continue
    const list = marker === '@revoked' ? revoked : trusted
    list.push({ type, key: Buffer.from(base64, 'base64') })
  }
  return { trusted, revoked }
}

/** What is to be thought of the key that a host shows. */
export type HostKeyVerdict = 'trusted' | 'unknown' | 'changed' | 'revoked'

export function judgeHostKey(offered: Buffer, known: KnownHostKeys): HostKeyVerdict {
  const isIn = (keys: readonly HostKey[]) => keys.some(({ key }) => key.equals(offered))
  if (isIn(known.revoked)) return 'revoked'
  if (isIn(known.trusted)) return 'trusted'
  return known.trusted.length === 0 ? 'unknown' : 'changed'
}

const SIGNATURES_OF_RSA = ['rsa-sha2-512', 'rsa-sha2-256']
const ALL_ALGORITHMS = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', ...SIGNATURES_OF_RSA]

/** Host key algorithms to ask for: those of the known keys first, so that a host with several keys shows one that can be compared. */
export function hostKeyAlgorithms(known: KnownHostKeys): string[] {
  const types = new Set(known.trusted.flatMap(({ type }) => (type === 'ssh-rsa' ? SIGNATURES_OF_RSA : [type])))
  return ALL_ALGORITHMS.toSorted((a, b) => Number(types.has(b)) - Number(types.has(a)))
}
