/** Version of what source and target say to each other; a target refuses another one with both versions named. */
export const PROTOCOL_VERSION = 1

/** With more parts, a connection more to fetch them does not matter. */
export const OFFERED_PARTS_MAX = 1000

/** The files of the parts that an answer names; none when there are too many. */
export function offeredParts(parts: readonly { readonly file: string }[]): readonly string[] {
  return parts.length > OFFERED_PARTS_MAX ? [] : parts.map(({ file }) => file)
}

/** Header and parts together; of longer maps the connection that fetches them is the smallest cost. */
export const SENT_MAP_MAX_BYTES = 1024 * 1024

/** A file of a map that comes with the answer. */
export interface SentFile {
  readonly name: string
  readonly text: string
}

export function sentBytes(files: readonly SentFile[]): number {
  return files.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
}

/** What every answer of the source to the target begins with. */
export interface SourceAnswer {
  readonly protocol: typeof PROTOCOL_VERSION
  readonly version: string
  readonly fsname: string
}

/** What `lustrebackup_source_init` prints: where everything is that the target needs for one backup. */
export interface SourceInit extends SourceAnswer {
  /** Timestamp of S0, the last finished backup; null before the first. */
  readonly lastBackup: number | null
  /** null = no snapshot newer than S0 exists: there is nothing to do. */
  readonly backup: {
    /** S1. */
    readonly timestamp: number
    readonly snapshotName: string
    /** Absolute path on the source where S1 is mounted. */
    readonly mountPoint: string
    /** `data_path` relative to the mount point, percent-encoded; empty = all of it. */
    readonly dataPath: string
    readonly map: {
      /** Absolute path of the map's folder on the source. */
      readonly path: string
      /** sha256 (hex) of `header.json`, which in turn holds the digest of each part. */
      readonly headerDigest: string
      /** Names of the parts that the target needs, so that it can fetch them together with the header; none where there are very many. */
      readonly parts: readonly string[]
      /** The header and these parts, where they are small, so that nothing has to be fetched; none otherwise. */
      readonly files: readonly SentFile[]
    }
    /** True when this backup was in progress already: the target may continue where it was. */
    readonly resumed: boolean
  } | null
}
