import { HSM_RELEASED, type Lustreapi } from '@lustrebackup/lustreapi/binding'
import { LUSTREAPI_PATHS } from '@lustrebackup/lustreapi/lustre-calls'
import { packPaths } from '@lustrebackup/lustreapi/path-list'

/** What Lustre knows of a file; nothing where a file system is none, or where there is no liblustreapi. */
export interface LustreFacts {
  /** Changes whenever the data change; null = not on Lustre. */
  dataVersion(root: number, path: Buffer): Promise<bigint | null>
  /** Whether the data are in an archive only: reading would bring them back. */
  isReleased(root: number, path: Buffer): Promise<boolean>
}

/** `configured`: where to look for liblustreapi first; empty = only in the usual places. */
export function openLustreFacts(api: Lustreapi, configured: string): LustreFacts {
  const opened = api.openLustreapi(configured === '' ? LUSTREAPI_PATHS : [configured, ...LUSTREAPI_PATHS])
  if (!opened.ok) return { dataVersion: async () => null, isReleased: async () => false }
  return {
    dataVersion: async (root, path) => {
      const { errno, versions } = await api.dataVersion(root, packPaths([path]), { inFlight: 1 })
      return errno[0] === 0 ? versions[0]! : null
    },
    isReleased: async (root, path) => {
      const { errno, states } = await api.hsmState(root, packPaths([path]), { inFlight: 1 })
      return errno[0] === 0 && (states[0]! & HSM_RELEASED) !== 0
    },
  }
}
