/**
 * A `Lustre` over a folder of any file system: real calls for names, attributes and ACLs. For FIDs, which such a file system does not have, a system call for
 * each entry that asks for its inode number; a wait can be added to each.
 */

import { nativeLustre } from '../../packages/core/dist/lustre/native-lustre.js'
import { openLustreapi } from '../../packages/core/dist/lustre/open-lustreapi.js'

const FIRST_SEQUENCE_WORD = 0x402

export function plainLustre(liblustreapi, inFlight, latencyMs) {
  const native = nativeLustre(openLustreapi(liblustreapi), inFlight)
  return { openTree: (mountPoint) => withFids(native.openTree(mountPoint), inFlight, latencyMs) }
}

function withFids(tree, inFlight, latencyMs) {
  return {
    ...tree,
    path2fid: async (paths) => {
      const [{ errno, ino }] = await Promise.all([tree.lstat(paths), wait(Math.ceil(paths.ends.length / inFlight) * latencyMs)])
      const fids = new Uint8Array(ino.length * 16)
      const words = new Uint32Array(fids.buffer)
      ino.forEach((number, item) => {
        words[item * 4] = FIRST_SEQUENCE_WORD
        words[item * 4 + 1] = 2
        words[item * 4 + 2] = Number(number & 0xffffffffn)
      })
      return { errno, fids }
    },
  }
}

function wait(milliseconds) {
  return milliseconds === 0 ? undefined : new Promise((resolve) => setTimeout(resolve, milliseconds))
}
