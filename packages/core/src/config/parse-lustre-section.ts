import type { Role } from './config-keys.js'
import type { ConfigReader } from './config-reader.js'
import type { Config } from './config-types.js'
import { absolutePath, choice, listOf, pathBelow, plainAbsolutePath, sizeBytes, wholeNumber } from './parse-value.js'
import { CHANGELOG_USER, FSNAME, HOST, MOUNT_OPTION, mdtName, NID } from './parse-words.js'

const GIB = 1n << 30n

/** `[LUSTRE]`. A target without snapshots (`snapshot_backend = none`) need not be Lustre at all. */
export function readLustre(reader: ConfigReader, role: Role, snapshotBackend: 'lustre' | 'none'): Config['lustre'] {
  const ifLustre = role === 'target' && snapshotBackend === 'none' ? reader.optional : reader.required
  const fsname = ifLustre('LUSTRE', 'fsname', FSNAME, '')
  const dataMount = reader.required('LUSTRE', 'data_mount', absolutePath, '')
  return {
    fsname,
    nid: ifLustre('LUSTRE', 'nid', NID, ''),
    mgs: reader.optional('LUSTRE', 'mgs', listOf(':', HOST), []),
    ...readMdts(reader, role, fsname),
    dataMount,
    dataPath: reader.optional('LUSTRE', 'data_path', pathBelow(dataMount), dataMount),
    metaBasepath: reader.required('LUSTRE', 'meta_basepath', plainAbsolutePath, ''),
    snapshotHome: ifLustre('LUSTRE', 'snapshot_home', plainAbsolutePath, ''),
    snapshotCreateRetries: reader.optional('LUSTRE', 'snapshot_create_retries', wholeNumber(0, 1000), 10),
    snapshotMountOpts: reader.optional('LUSTRE', 'snapshot_mount_opts', listOf(',', MOUNT_OPTION), []),
    dataMountOpts: reader.optional('LUSTRE', 'data_mount_opts', listOf(',', MOUNT_OPTION), []),
    largefileSizeBytes: reader.optional('LUSTRE', 'largefile_size', sizeBytes, GIB),
    hugefileSizeBytes: reader.optional('LUSTRE', 'hugefile_size', sizeBytes, 1024n * GIB),
    flushSeconds: reader.optional('LUSTRE', 'flush_seconds', wholeNumber(0, 86_400), 60),
    mgsCommands: reader.optional('LUSTRE', 'mgs_commands', choice('wrapper', 'lctl'), 'wrapper'),
    liblustreapi: reader.optional('LUSTRE', 'liblustreapi', absolutePath, ''),
  }
}

function readMdts(reader: ConfigReader, role: Role, fsname: string): Pick<Config['lustre'], 'mdts' | 'changelogUsers'> {
  const read = role === 'source' ? reader.required : reader.optional
  const mdts = read('LUSTRE', 'mdt', listOf(',', mdtName(fsname)), [])
  const users = read('LUSTRE', 'changelog_user', listOf(',', CHANGELOG_USER), [])
  if (new Set(mdts).size !== mdts.length) reader.problem('LUSTRE', 'mdt', 'names an MDT twice')
  if (mdts.length > 0 && users.length > 1 && users.length !== mdts.length) {
    reader.problem(
      'LUSTRE',
      'changelog_user',
      `must be one user for all MDTs, or one for each of the ${mdts.length} in mdt, in their order`,
    )
  }
  return { mdts, changelogUsers: users.length === 1 ? mdts.map(() => users[0]!) : users }
}
