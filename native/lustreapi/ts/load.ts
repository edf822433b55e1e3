import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { batchCalls } from './batch-calls.js'
import { beneathCalls } from './beneath-calls.js'
import type { Lustreapi } from './binding.js'
import { descriptorCalls, digestCalls } from './descriptor-calls.js'
import { lustreCalls } from './lustre-calls.js'
import type { NativeAddon } from './native-addon.js'

export type LoadedAddon =
  | { readonly ok: true; readonly addon: Lustreapi; readonly path: string }
  | { readonly ok: false; readonly tried: readonly string[]; readonly reason: string; readonly hint: string }

const HINT = 'build it with "node native/lustreapi/build.mjs" (needs a C++ compiler), or name it in LUSTREBACKUP_ADDON'

/**
 * Loads the compiled addon: the one that LUSTREBACKUP_ADDON names, or the first that is there. Never throws, so that a command can say what
 * is missing together with everything else. Every thread loads it for itself.
 */
export function loadAddon(environment: NodeJS.ProcessEnv = process.env): LoadedAddon {
  const tried = candidates(environment)
  const path = tried.find((candidate) => existsSync(candidate))
  if (path === undefined) return { ok: false, tried, reason: 'the addon is not built or not installed', hint: HINT }
  try {
    const native = createRequire(import.meta.url)(path) as NativeAddon
    return { ok: true, addon: bind(native), path }
  } catch (error) {
    const reason = `${path} does not load: ${error instanceof Error ? error.message : String(error)}`
    return { ok: false, tried, reason, hint: HINT }
  }
}

function candidates(environment: NodeJS.ProcessEnv): string[] {
  const named = environment.LUSTREBACKUP_ADDON
  if (named) return [named]
  const here = dirname(fileURLToPath(import.meta.url))
  return [
    join(here, '..', 'build', 'lustreapi.node'), // beside ts/ and dist/ of this package
    join(here, 'lustreapi.node'), // beside a bundle
    join(here, '..', 'lustreapi.node'),
    join(here, '..', 'lib', 'lustreapi.node'),
  ]
}

function bind(native: NativeAddon): Lustreapi {
  return { ...beneathCalls(native), ...descriptorCalls(native), ...digestCalls(native), ...batchCalls(native), ...lustreCalls(native) }
}
