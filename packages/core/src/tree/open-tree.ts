import { loadAddon } from '@lustrebackup/lustreapi/load'
import { LustrebackupError } from '../errors/errors.js'
import { openNativeTree } from './native-tree.js'
import type { Tree } from './tree-port.js'

/** System calls of one batch that are under way at once: a target on Lustre waits for its servers most of the time. */
const IN_FLIGHT = 32

/** Opens folders through the addon, which is loaded at the first. */
export function treeOpener(): (path: string) => Tree {
  return (path) => {
    const loaded = loadAddon()
    if (loaded.ok) return openNativeTree(loaded.addon, path, IN_FLIGHT)
    throw new LustrebackupError('ADDON_MISSING', `loading the native addon: ${loaded.reason}; tried ${loaded.tried.join(', ')}`, {
      hint: loaded.hint,
    })
  }
}
