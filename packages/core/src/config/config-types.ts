/** The configuration file after validation: every value present, in its own type, paths absolute. Keys and defaults are those of cli.md. */
export interface Config {
  /** The file that this was read from. */
  readonly file: string
  readonly global: {
    readonly logdir: string
    readonly logfile: string
    readonly loglevel: 'debug' | 'info' | 'warning' | 'error'
  }
  readonly lustre: {
    readonly fsname: string
    readonly nid: string
    /** Hosts to ask in turn; empty = this node is the MGS. */
    readonly mgs: readonly string[]
    /** `MDT0000`, `MDT0001`, …, without the file system's name, in the order of the file. */
    readonly mdts: readonly string[]
    /** One changelog user for each of `mdts`. */
    readonly changelogUsers: readonly string[]
    readonly dataMount: string
    /** Absolute; `dataMount` itself when all of it is meant. */
    readonly dataPath: string
    readonly metaBasepath: string
    readonly snapshotHome: string
    readonly snapshotCreateRetries: number
    readonly snapshotMountOpts: readonly string[]
    readonly dataMountOpts: readonly string[]
    readonly largefileSizeBytes: bigint
    readonly hugefileSizeBytes: bigint
    readonly flushSeconds: number
    readonly mgsCommands: 'wrapper' | 'lctl'
    /** Where to look for liblustreapi before the usual places; empty = only there. */
    readonly liblustreapi: string
  }
  readonly source: {
    readonly host: string
    /** Path of the configuration file on the source. */
    readonly conf: string
  }
  readonly backup: {
    readonly rsyncCommand: string
    readonly checksumChoice: 'xxh128' | 'xxh64' | 'sha256' | 'blake2b'
    readonly onChangelogGap: 'fail' | 'full'
    /** Days in which the rolling comparison covers everything; 0 = off. */
    readonly compareDays: number | 'always'
    /** null = no limit. */
    readonly maxChangePercent: number | null
    /** Files that may fail before the run stops: a number, a percentage of the files to transfer, or null = no limit. */
    readonly maxErrors: { readonly count: number } | { readonly percent: number } | null
    readonly snapshotBackend: 'lustre' | 'none'
  }
  readonly monitoring: {
    /** Folder of Prometheus textfiles; empty = none are written. */
    readonly metricsDir: string
    /** Asked for after a run; `{exit_code}` stands for its exit code, and without it only a run that ended with 0 asks. Empty = none. */
    readonly heartbeatUrl: string
    /** Program and arguments; empty = none. */
    readonly hookBefore: readonly string[]
    readonly hookAfter: readonly string[]
    readonly hookFailure: readonly string[]
    readonly hookTimeoutSeconds: number
  }
  readonly system: {
    readonly nprocs: number
    readonly sysMemoryFactor: number
    readonly userMemoryFactor: number
    /** OpenSSH client configuration; empty = the user's own. */
    readonly sshConfig: string
    /** PATH for every program that is started. */
    readonly commandPath: string
  }
}
