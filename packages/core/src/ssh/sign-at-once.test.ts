import ssh2, { type Client, type ParsedKey } from 'ssh2'
import { expect, it } from 'vitest'
import { signAtOnce } from './sign-at-once.js'

type Signer = (toSign: Buffer, signed: (signature: Buffer) => void) => void

/** What a client would sign with, or null where it would ask first. */
function signerFor(key: ParsedKey, algorithm?: string): Signer | null {
  const seen: (Signer | null)[] = []
  const protocol = {
    authPK: (_user: string, _key: ParsedKey, _algorithm?: string, sign?: Signer) => void seen.push(sign ?? null),
  }
  signAtOnce({ _protocol: protocol } as unknown as Client)
  protocol.authPK('root', key, algorithm)
  return seen[0]!
}

function parsed(text: string): ParsedKey {
  const key = ssh2.utils.parseKey(text)
  if (key instanceof Error) throw key
  return key
}

it.each([
  ['ed25519', undefined, undefined],
  ['ecdsa', undefined, undefined],
  ['rsa', 'rsa-sha2-256', 'sha256'],
  ['rsa', 'rsa-sha2-512', 'sha512'],
] as const)('a private %s key signs at once (%s)', (type, algorithm, hash) => {
  const bits = { ed25519: {}, ecdsa: { bits: 256 }, rsa: { bits: 2048 } }[type]
  const key = parsed(ssh2.utils.generateKeyPairSync(type as 'rsa', bits as { bits: number }).private)
  const data = Buffer.from('what the host must see signed')
  let signature: Buffer | null = null
  signerFor(key, algorithm)!(data, (signed) => {
    signature = signed
  })
  const verify = key.verify.bind(key) as (data: Buffer, signature: Buffer, algorithm?: string) => boolean | Error
  expect(verify(data, signature!, hash)).toBe(true)
})

it('for a key that cannot sign here the host is asked first', () => {
  expect(signerFor(parsed(ssh2.utils.generateKeyPairSync('ed25519', {} as never).public))).toBeNull()
})
