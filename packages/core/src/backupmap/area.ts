import { isBeneath, PATH_MAX, type PathBytes } from '../types/path-bytes.js'

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
export function pathInArea({ dataPath, metaBasepath }: Area, path: Buffer): PathBytes | null {
  if (!isBeneath(path, dataPath)) return null
  if (metaBasepath !== null && isBeneath(path, metaBasepath)) return null
  if (dataPath.length === 0) return path as PathBytes
  return path.subarray(Math.min(path.length, dataPath.length + 1)) as PathBytes
}

/** The path relative to the file system's root of one relative to `data_path`. */
export function pathOutOfArea({ dataPath }: Area, path: Buffer): PathBytes {
  if (path.length === 0) return dataPath
  if (dataPath.length === 0) return path as PathBytes
  return Buffer.concat([dataPath, Buffer.from('/'), path]) as PathBytes
}
