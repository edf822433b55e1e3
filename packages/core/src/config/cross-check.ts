import type { Role } from './config-keys.js'
import type { ConfigReader } from './config-reader.js'
import type { Config } from './config-types.js'
import { isInside } from './parse-value.js'

/** Mount options that would undo what every snapshot mount needs: `ro,noatime,user_xattr`. */
const FORBIDDEN_MOUNT_OPTIONS = ['rw', 'nouser_xattr', 'atime', 'remount', 'bind']

/** What only shows when several values are looked at together. */
export function crossCheck(config: Config, role: Role, reader: ConfigReader): void {
  const { lustre } = config
  if (lustre.hugefileSizeBytes < lustre.largefileSizeBytes) {
    reader.problem('LUSTRE', 'hugefile_size', `must not be below largefile_size (${lustre.largefileSizeBytes})`)
  }
  const forbidden = lustre.snapshotMountOpts.filter((option) => FORBIDDEN_MOUNT_OPTIONS.includes(option))
  if (forbidden.length > 0) {
    reader.problem('LUSTRE', 'snapshot_mount_opts', `must not hold ${forbidden.join(', ')}: snapshots are mounted ro,noatime,user_xattr`)
  }
  checkMetaBasepath(lustre, role, reader)
}

function checkMetaBasepath(lustre: Config['lustre'], role: Role, reader: ConfigReader): void {
  const { metaBasepath, dataPath, snapshotHome } = lustre
  if (metaBasepath === '' || dataPath === '') return
  if (isInside(dataPath, metaBasepath)) {
    reader.problem('LUSTRE', 'meta_basepath', `must not be or hold data_path (${dataPath}): what lies beneath it is never backed up`)
  } else if (role === 'target' && isInside(metaBasepath, dataPath)) {
    reader.problem('LUSTRE', 'meta_basepath', `must not lie inside data_path (${dataPath}) on the target: a backup would remove it`)
  }
  if (role === 'target' && snapshotHome !== '' && isInside(snapshotHome, dataPath)) {
    reader.problem('LUSTRE', 'snapshot_home', `must not lie inside data_path (${dataPath}) on the target: a backup would remove it`)
  }
}
