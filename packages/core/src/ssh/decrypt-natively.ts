import type { Lustreapi } from '@lustrebackup/lustreapi/binding'
import { loadAddon } from '@lustrebackup/lustreapi/load'
import type { Client } from 'ssh2'
import { PacketDecipher, type TakePayload } from './packet-decipher.js'

/*
 * ssh2 decrypts with Node's interface, which makes an object and a copy for each packet, or with an addon of its own, which fits one version of
 * Node only and is not built here. What it keeps for itself is used, as in channel-window.ts; where another version of it looks different,
 * nothing is replaced: that is slow, and never wrong. test/ssh/decrypt-natively.test.ts fails then.
 */
interface ProtocolInternals {
  _decipher?: unknown
}
interface GcmDecipherInternals {
  readonly inSeqno: number
  readonly _onPayload: TakePayload
  readonly _decipherSSLName: string
  readonly _decipherKey: Buffer
  readonly _decipherIV: Buffer
}

/** Lets the addon decrypt what comes in where the connection has AES-GCM, also with the keys that are agreed on later. */
export function decryptNatively(client: Client): void {
  const { _protocol: protocol } = client as unknown as { readonly _protocol?: ProtocolInternals }
  const loaded = loadAddon()
  if (!loaded.ok || protocol === undefined) return
  let current = protocol._decipher
  Object.defineProperty(protocol, '_decipher', {
    get: () => current,
    set: (next: unknown) => {
      current = nativeFor(next, loaded.addon) ?? next
    },
  })
}

function nativeFor(decipher: unknown, addon: Lustreapi): PacketDecipher | null {
  const { inSeqno, _onPayload, _decipherSSLName, _decipherKey, _decipherIV } = (decipher ?? {}) as Partial<GcmDecipherInternals>
  if (_decipherSSLName === undefined || !/^aes-(128|256)-gcm$/.test(_decipherSSLName)) return null
  if (typeof inSeqno !== 'number' || typeof _onPayload !== 'function' || !Buffer.isBuffer(_decipherKey) || !Buffer.isBuffer(_decipherIV))
    return null
  const packets = addon.openGcmPackets(_decipherKey, _decipherIV)
  return packets === null ? null : new PacketDecipher(packets, inSeqno, _onPayload)
}
