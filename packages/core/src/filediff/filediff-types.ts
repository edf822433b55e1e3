/** docs/formats/filediff.md describes the protocol. */
export const FILEDIFF_VERSION = 1
export const MAGIC = Buffer.from('LUSTREFD', 'latin1')

export type Checksum = 'xxh128' | 'xxh64' | 'sha256' | 'blake2b'

export const DIGEST_BYTES: Readonly<Record<Checksum, number>> = { xxh128: 16, xxh64: 8, sha256: 32, blake2b: 64 }

/** Numbers of the hashes on the wire: place in this list plus one. */
export const CHECKSUMS: readonly Checksum[] = ['xxh128', 'xxh64', 'sha256', 'blake2b']

const KIB = 1024
const MIB = 1024 * KIB

export const PAGE_BYTES = 4 * KIB
export const BLOCK_SIZE_MIN = 4 * KIB
export const BLOCK_SIZE_MAX = 16 * MIB
/** What is read at once where the bytes are kept: one block, or as many as fit. */
export const SPAN_BYTES = 4 * MIB
/** What is read at once where only digests are kept. Each read costs a few turns of both main threads, however long it is. */
export const READ_BYTES = 32 * MIB
/** Up to here reads are short, so that the first answers come soon and a small file keeps all threads busy. */
export const SHORT_READS_BYTES = 128 * MIB
export const HEADER_SIZE_MIN = 128
export const HEADER_SIZE_DEFAULT = 64 * KIB
export const HEADER_SIZE_MAX = MIB
export const ATTRIBUTES_BYTES_MAX = 4 * MIB
export const ERROR_BYTES_MAX = 4 * KIB
export const WINDOW_BYTES_MIN = 64 * KIB
export const WINDOW_BYTES_MAX = 256 * MIB
export const PENDING_MAX = 2 ** 20
export const FILE_SIZE_MAX = 2n ** 63n - 1n

/** A contiguous part of a file in bytes; `end` is exclusive. */
export interface ByteRange {
  readonly start: bigint
  readonly end: bigint
}

/** What tells one content of the source file from another. */
export interface SourceIdentity {
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  readonly ino: bigint
}

export interface SourceFile extends SourceIdentity {
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

export interface Xattr {
  readonly name: Buffer
  readonly value: Buffer
}

/** Answers of the source about blocks, as a worker finds them. */
export const OUTCOME = { same: 0, zero: 1, data: 2 } as const
