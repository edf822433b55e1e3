/** Where rsync pulls from, and with what. Every text is one safe word or made of safe words. */
export interface RsyncSettings {
  readonly rsyncCommand: string
  /** OpenSSH client configuration; empty = the user's own. */
  readonly sshConfig: string
  readonly host: string
  /** Absolute folder on the source, without trailing slash. */
  readonly remoteFolder: string
  /** Absolute folder here, without trailing slash. */
  readonly localFolder: string
}

/** What one rsync moves: content and attributes, attributes only, those of the root alone, or plain files of the map. */
export type RsyncKind = 'data' | 'small files' | 'attributes' | 'root' | 'map'

/** A file of NUL-separated paths, each beginning with `./`. */
export interface TransferList {
  readonly file: string
  readonly pathCount: number
  readonly sizeBytes: bigint
  /** Nothing but small files, whose content is sent as it is; see `isSmallFile`. */
  readonly isSmall: boolean
}

/** What rsync says it did. */
export interface RsyncStats {
  /** Regular files whose content was sent, in whole or in part. */
  readonly fileCount: bigint
  readonly totalBytes: bigint
  /** Content that was not on the target. */
  readonly literalBytes: bigint
  /** Everything that came over the connection. */
  readonly receivedBytes: bigint
}
