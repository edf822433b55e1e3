import type { Fid } from '../types/fid.js'
import type { PathBytes } from '../types/path-bytes.js'

/** Name of an object in the staging folder: its FID in characters that need no care, `0x200000401-0x1-0x0`. */
export function stagingName(fid: Fid): PathBytes {
  return Buffer.from(fid.slice(1, -1).replaceAll(':', '-')) as PathBytes
}
