import { LustrebackupError } from '../errors/errors.js'
import { PROTOCOL_VERSION, type SourceAnswer } from '../source/source-init-types.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { listVerifications, loadVerification, type StoredVerification } from './verification-store.js'
import type { VerifyCounts, VerifyFilter } from './verification-types.js'

/** One finished verification, as `lustrebackup_source_verify_list` prints it. */
export interface ListedVerification {
  readonly timestamp: number
  readonly start: number
  readonly snapshotName: string
  readonly whole: boolean
  readonly filter: VerifyFilter
  readonly finishedAt: number
  readonly counts: VerifyCounts
}

export interface VerifyList extends SourceAnswer {
  /** Oldest first. */
  readonly verifications: readonly ListedVerification[]
}

/** Where one verification is, as `lustrebackup_source_verify_init` prints it. */
export interface VerifyInit extends SourceAnswer {
  readonly verification: {
    readonly timestamp: number
    readonly snapshotName: string
    /** Absolute path of its folder on the source. */
    readonly path: string
    /** sha256 (hex) of `header.json`, which in turn holds the digest of each part. */
    readonly headerDigest: string
  }
}

export interface OfferContext {
  readonly layout: MetaLayout
  readonly fsname: string
  readonly software: string
}

/** The finished verifications from `start` to `end`, both included; null = no bound. */
export function offerList({ layout, fsname, software }: OfferContext, start: number | null, end: number | null): VerifyList {
  const inRange = listVerifications(layout).filter((timestamp) => timestamp >= (start ?? 0) && (end === null || timestamp <= end))
  const verifications = inRange.flatMap((timestamp) => loadVerification(layout, timestamp) ?? [])
  return { protocol: PROTOCOL_VERSION, version: software, fsname, verifications: verifications.map(listed) }
}

function listed({ header }: StoredVerification): ListedVerification {
  const { timestamp, start, snapshotName, whole, filter, finishedAt, counts } = header
  return { timestamp, start, snapshotName, whole, filter, finishedAt, counts }
}

/** One verification; `timestamp` null = the newest. */
export function offerVerification({ layout, fsname, software }: OfferContext, timestamp: number | null): VerifyInit {
  const wanted = timestamp ?? listVerifications(layout).at(-1) ?? null
  const stored = wanted === null ? null : loadVerification(layout, wanted)
  if (stored === null) {
    throw new LustrebackupError(
      'VERIFICATION_MISSING',
      `there is no finished verification${timestamp === null ? '' : ` of ${timestamp}`}`,
      {
        hint: 'Make one on the source: lustrebackup_source_verify. lustrebackup_source_verify_list shows those that there are.',
      },
    )
  }
  const { folder, header, headerDigest } = stored
  const verification = { timestamp: header.timestamp, snapshotName: header.snapshotName, path: folder, headerDigest }
  return { protocol: PROTOCOL_VERSION, version: software, fsname, verification }
}
