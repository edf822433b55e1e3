import { REACH_BYTES } from '../backupmap/area.js'
import type { Fid } from '../types/fid.js'
import type { PathBytes } from '../types/path-bytes.js'

/** An object that could not be brought to its S1 state: the source puts it into every following map until it has been. */
export interface Owed {
  readonly fid: Fid
  readonly path: PathBytes
  readonly reason: string
}

/** Of a file whose data are in the HSM archive only. */
export const RELEASED_REASON = 'released to HSM: restore it on the source (lfs hsm_restore), the next backup copies it'

/** Of an entry that no call can name: its path, from the root of the file system, is too long. */
export const UNREACHABLE_REASON = `its path is longer than ${REACH_BYTES} bytes: rename or move a folder above it, the next backup copies it`

/** The source takes no more than this many; so many failures are no exception any more. */
export const MAX_OWED = 100_000
