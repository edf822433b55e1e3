import { PATH_MAX, type PathBytes } from '../types/path-bytes.js'

const SLASH = 0x2f

/** What is backed up, as paths relative to the file system's root. */
export interface Area {
  readonly dataPath: PathBytes
  /** The backup's own state; null when it lies outside `dataPath`. */
  readonly metaBasepath: PathBytes | null
  /** Bytes that a path may have; a longer one counts as one outside the backed-up area, and is reported. */
  readonly reachBytes: number
}

/** What Lustre's calls can name, and a little less: they do not agree on the last few bytes. */
export const REACH_BYTES = PATH_MAX - 16

/** Whether a path, relative to the file system's root, would be backed up if it were not that long. */
export function isTooLong(area: Area, path: Buffer): boolean {
  return path.length > area.reachBytes && pathInArea(area, path) !== null
}

/** The path relative to `data_path`; null for what is not backed up. */
export function pathInArea(area: Area, path: Buffer): PathBytes | null {
  const start = areaStart(area, path, 0, path.length)
  return start === -1 ? null : (path.subarray(start) as PathBytes)
}

/** Where the part relative to `data_path` begins in the path that reaches from `start` to `end` in `bytes`; -1 for what is not backed up. */
export function areaStart({ dataPath, metaBasepath }: Area, bytes: Uint8Array, start: number, end: number): number {
  if (!isBeneathAt(bytes, start, end, dataPath)) return -1
  if (metaBasepath !== null && isBeneathAt(bytes, start, end, metaBasepath)) return -1
  return dataPath.length === 0 ? start : Math.min(end, start + dataPath.length + 1)
}

function isBeneathAt(bytes: Uint8Array, start: number, end: number, folder: Buffer): boolean {
  if (folder.length === 0) return true
  if (end - start < folder.length) return false
  for (let at = 0; at < folder.length; at += 1) if (bytes[start + at] !== folder[at]) return false
  return end - start === folder.length || bytes[start + folder.length] === SLASH
}

/** The path relative to the file system's root of one relative to `data_path`. */
export function pathOutOfArea({ dataPath }: Area, path: Buffer): PathBytes {
  if (path.length === 0) return dataPath
  if (dataPath.length === 0) return path as PathBytes
  return Buffer.concat([dataPath, Buffer.from('/'), path]) as PathBytes
}
