import type { Role } from '../config/config-keys.js'
import type { Config } from '../config/config-types.js'
import { LustrebackupError } from '../errors/errors.js'
import type { Exec } from '../exec/exec-port.js'
import { findMounts } from './find-mounts.js'
import { needsMount, whyNotMounted } from './mounted-plan.js'

/**
 * Makes sure that `data_mount` is mounted before anything is written: otherwise state and tree would come to lie in the folder that is the
 * mount point, on another file system, and vanish from sight with the next mount.
 */
export async function assertMounted(config: Config, role: Role, exec: Exec): Promise<void> {
  if (!needsMount(config, role)) return
  const { dataMount } = config.lustre
  const reason = whyNotMounted(await findMounts(exec, ['--mountpoint', dataMount]), config, role)
  if (reason === null) return
  throw new LustrebackupError('DATA_MOUNT_MISSING', `cannot use [LUSTRE] data_mount ${dataMount}: ${reason}`, {
    hint: 'mount the file system, or make data_mount the place where it is mounted; nothing was changed',
  })
}
