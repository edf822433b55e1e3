import type { RsyncStats } from './transfer-types.js'

export const NO_STATS: RsyncStats = { fileCount: 0n, totalBytes: 0n, literalBytes: 0n, receivedBytes: 0n }

/** The closing `--stats` of a run with `--no-human-readable` in the C locale; what is missing counts as 0. */
export function parseStats(stdout: string): RsyncStats {
  const numberAfter = (label: string) => BigInt(new RegExp(`^${label}: ([0-9]+)`, 'm').exec(stdout)?.[1] ?? 0)
  return {
    fileCount: numberAfter('Number of regular files transferred'),
    totalBytes: numberAfter('Total transferred file size'),
    literalBytes: numberAfter('Literal data'),
    receivedBytes: numberAfter('Total bytes received'),
  }
}

export function addStats(a: RsyncStats, b: RsyncStats): RsyncStats {
  return {
    fileCount: a.fileCount + b.fileCount,
    totalBytes: a.totalBytes + b.totalBytes,
    literalBytes: a.literalBytes + b.literalBytes,
    receivedBytes: a.receivedBytes + b.receivedBytes,
  }
}

/** What an exit code means, and what to do about it. */
export interface RsyncEnd {
  /** `partial`: some files were not transferred; everything else was. */
  readonly kind: 'done' | 'partial' | 'failed'
  readonly meaning: string
  readonly hint: string
}

const AGAIN = 'Run the same command again: it continues where it stopped.'
const CONNECTION = `Check the connection to the source with ssh, and what its sshd and its forced command log. ${AGAIN}`
const FULL = `Look for a full or failing file system, or a quota, on either side. ${AGAIN}`
const ENDED = `Somebody or something ended it: the system's log may say why, such as too little memory. ${AGAIN}`
const VERSIONS = 'Compare the rsync versions of both sides and what the forced command on the source permits.'

const ENDS: ReadonlyMap<number, readonly [meaning: string, hint: string]> = new Map([
  [1, ['rsync did not understand its arguments', VERSIONS]],
  [2, ['the two rsync are not compatible', VERSIONS]],
  [3, ['a folder could not be opened', `Check that the snapshot is still mounted on the source. ${AGAIN}`]],
  [4, ['an option is not supported by one of the two rsync', VERSIONS]],
  [5, ['the protocol could not be started', CONNECTION]],
  [6, ['its log could not be written', FULL]],
  [10, ['the connection failed', CONNECTION]],
  [11, ['reading or writing a file failed', FULL]],
  [12, ['the connection was lost or gave something else than rsync', CONNECTION]],
  [13, ['the other rsync ended with an error', CONNECTION]],
  [14, ['rsync could not start ssh', 'Check that ssh is installed and that [SYSTEM] command_path leads to it.']],
  [15, ['a part of rsync crashed', ENDED]],
  [16, ['a part of rsync was ended', ENDED]],
  [19, ['it was ended by a signal', ENDED]],
  [20, ['it was ended by a signal', ENDED]],
  [21, ['a part of rsync could not be waited for', ENDED]],
  [22, ['there was not enough memory', AGAIN]],
  [24, ['files vanished from a snapshot', `The snapshot was unmounted or destroyed on the source while it was read. ${AGAIN}`]],
  [25, ['it was told to remove more than is allowed, which lustrebackup never does', VERSIONS]],
  [30, ['the source did not answer in time', CONNECTION]],
  [35, ['the source did not answer in time', CONNECTION]],
  [124, ['the command on the source failed', CONNECTION]],
  [125, ['the command on the source was killed', CONNECTION]],
  [126, ['rsync could not be started on the source', CONNECTION]],
  [127, ['there is no rsync on the source, or the forced command refused it', CONNECTION]],
  [255, ['ssh failed', CONNECTION]],
])

/** `exitCode` null: a signal ended it. */
export function explainExit(exitCode: number | null): RsyncEnd {
  if (exitCode === 0) return { kind: 'done', meaning: '', hint: '' }
  if (exitCode === 23) return { kind: 'partial', meaning: 'some files were not transferred', hint: '' }
  if (exitCode === null) return { kind: 'failed', meaning: 'it was ended by a signal', hint: ENDED }
  const [meaning, hint] = ENDS.get(exitCode) ?? [`it ended with exit code ${exitCode}`, AGAIN]
  return { kind: 'failed', meaning, hint }
}

/** ENOENT, and what a mount says that is gone: ENODEV, ENOTCONN, ESHUTDOWN, ESTALE. */
const MISSING = /\[sender\].* \((2|19|107|108|116)\)$/m

/** Whether files that are listed were not there, by what rsync said on stderr. */
export function missesFiles(stderr: string): boolean {
  return MISSING.test(stderr)
}

const REASONS = [/"([^"]*)"(?: failed)?: (.+)$/, /\("([^"]*)","[^"]*".*\) failed: (.+)$/, /^ERROR: (.*) (failed verification.*)$/] as const

/**
 * Reasons that rsync gives on stderr, by path as rsync writes it: `rsync: [sender] send_files failed to open "/mnt/s1/a": Permission denied (13)`.
 * They make messages better; which files failed is never taken from them.
 */
export function parseReasons(stderr: string): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>()
  for (const line of stderr.split('\n')) {
    const match = REASONS.map((pattern) => pattern.exec(line)).find((found) => found !== null)
    if (match) reasons.set(match[1]!, match[2]!)
  }
  return reasons
}

/** What rsync said of an object, by any of its paths on either side; null when it said nothing. */
export function reasonFor(
  reasons: ReadonlyMap<string, string>,
  folders: { readonly remoteFolder: string; readonly localFolder: string },
  paths: readonly Buffer[],
): string | null {
  if (reasons.size === 0) return null
  for (const path of paths) {
    const text = rsyncText(path)
    // The source says why; what the target says of the same file only follows from that.
    const said = reasons.get(`${folders.remoteFolder}/${text}`) ?? reasons.get(`${folders.localFolder}/${text}`) ?? reasons.get(text)
    if (said !== undefined) return said
  }
  return null
}

/** A path as rsync prints it in the C locale: what is not printable ASCII, and what could be taken for such an escape, as `\#ooo`. */
export function rsyncText(path: Buffer): string {
  return Array.from(path, (byte, index) => {
    const looksEscaped = byte === 0x5c && path[index + 1] === 0x23
    return byte < 0x20 || byte > 0x7e || looksEscaped ? `\\#${byte.toString(8).padStart(3, '0')}` : String.fromCharCode(byte)
  }).join('')
}

/** Version of an rsync from `rsync --version`; null when it does not say. */
export function parseRsyncVersion(stdout: string): readonly [number, number, number] | null {
  const match = /^rsync\s+version v?(\d+)\.(\d+)\.(\d+)/.exec(stdout)
  return match === null ? null : [Number(match[1]), Number(match[2]), Number(match[3])]
}
