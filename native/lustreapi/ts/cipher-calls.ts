import type { CipherCalls } from './binding.js'
import type { NativeAddon } from './native-addon.js'

export function cipherCalls(native: NativeAddon): CipherCalls {
  return {
    openGcmPackets: (key, iv) => {
      const opener = native.openGcm(key, iv)
      return opener === null ? null : { open: (packet) => native.openPacket(opener, packet) }
    },
  }
}
