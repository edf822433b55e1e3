import type { Role } from '../config/config-keys.js'
import type { Config } from '../config/config-types.js'
import { isInside } from '../config/parse-value.js'
import type { Mount } from './parse-findmnt.js'

/** Whether a command needs `data_mount`: the snapshot commands also run where only their state is, such as on the MGS. */
export function needsMount({ lustre }: Config, role: Role): boolean {
  return role !== 'snapshot' || isInside(lustre.metaBasepath, lustre.dataMount)
}

/** Why what is mounted at `data_mount` is not the file system of the configuration; null when it is. */
export function whyNotMounted(mounts: readonly Mount[], { lustre, backup }: Config, role: Role): string | null {
  // Of mounts on top of each other the last one is seen.
  const mount = mounts.at(-1)
  if (mount === undefined) return 'nothing is mounted there'
  // Whoever looks into it mounts it.
  if (mount.fstype === 'autofs') return null
  if (mount.fstype !== 'lustre') {
    const anyKind = role === 'target' && backup.snapshotBackend === 'none'
    return anyKind ? null : `${mount.source} is mounted there, of type ${mount.fstype} and not lustre`
  }
  const fsname = /:\/([^/]+)(?:\/.*)?$/.exec(mount.source)?.[1]
  if (fsname === lustre.fsname || lustre.fsname === '') return null
  return `${mount.source} is mounted there, and [LUSTRE] fsname is ${lustre.fsname}`
}
