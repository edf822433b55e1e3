import type { Lustreapi } from '@lustrebackup/lustreapi/binding'
import { loadAddon } from '@lustrebackup/lustreapi/load'
import { LUSTREAPI_PATHS } from '@lustrebackup/lustreapi/lustre-calls'
import { LustrebackupError } from '../errors/errors.js'

/** Loads the addon and opens liblustreapi: the configured one first (empty = none is), then the usual places. Once in each thread. */
export function openLustreapi(configured: string): Lustreapi {
  const loaded = loadAddon()
  if (!loaded.ok) {
    throw new LustrebackupError('ADDON_MISSING', `loading the native addon: ${loaded.reason}; tried ${loaded.tried.join(', ')}`, {
      hint: loaded.hint,
    })
  }
  const opened = loaded.addon.openLustreapi(configured === '' ? LUSTREAPI_PATHS : [configured, ...LUSTREAPI_PATHS])
  if (opened.ok) return loaded.addon
  const tried = opened.tried.map(({ path, error }) => `${path} (${error})`).join(', ')
  throw new LustrebackupError('LUSTREAPI_MISSING', `loading liblustreapi: none of these could be opened: ${tried}`, {
    hint: `${opened.hint}: [LUSTRE] liblustreapi`,
  })
}
