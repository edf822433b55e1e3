import type { Client, ParsedKey } from 'ssh2'

type Signer = (toSign: Buffer, signed: (signature: Buffer) => void) => void

/** What ssh2 keeps for itself; see `channel-window.ts`. */
interface KeyAuthentication {
  authPK(user: string, key: ParsedKey, algorithm?: string, sign?: Signer): void
}

/** Hashes of the algorithms that do not imply one. */
const HASHES: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512', 'ssh-rsa': 'sha1' }

/**
 * Lets a key from a file sign at once, where ssh2 first asks whether the host would take the key: that spares a round trip. A key that the host
 * does not take is refused either way, and the next one has its turn. Before the first message goes out.
 */
export function signAtOnce(client: Client): void {
  const { _protocol: protocol } = client as unknown as { readonly _protocol?: Partial<KeyAuthentication> }
  if (typeof protocol?.authPK !== 'function') return
  const authenticate = protocol.authPK.bind(protocol)
  protocol.authPK = (user, key, algorithm, sign) => authenticate(user, key, algorithm, sign ?? signerOf(key, algorithm))
}

/** undefined = the host is asked, as for a key of the agent, which takes time or somebody's consent to sign. */
function signerOf(key: ParsedKey, algorithm?: string): Signer | undefined {
  if (typeof key.isPrivateKey !== 'function' || !key.isPrivateKey()) return undefined
  return (toSign, signed) => {
    // The types know of no algorithm of the signature.
    const signature = (key.sign as (data: Buffer, algorithm?: string) => Buffer | Error)(toSign, HASHES[algorithm ?? key.type])
    if (signature instanceof Error) throw signature
    signed(signature)
  }
}
