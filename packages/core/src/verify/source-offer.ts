import { LustrebackupError } from '../errors/errors.js'
import { offeredParts, PROTOCOL_VERSION, type SourceAnswer } from '../source/source-init-types.js'
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
  /** Where the oldest one is, with which a comparison begins; null = there is none. */
  readonly oldest: OfferedVerification | null
}

/** Where one verification is, as `lustrebackup_source_verify_init` prints it. */
export interface VerifyInit extends SourceAnswer {
  readonly verification: OfferedVerification
}

export interface OfferedVerification {
  readonly timestamp: number
  readonly snapshotName: string
  /** Absolute path of its folder on the source. */
  readonly path: string
  /** sha256 (hex) of `header.json`, which in turn holds the digest of each part. */
  readonly headerDigest: string
  /** Names of the parts, so that the target can fetch them together with the header; none where there are very many. */
  readonly parts: readonly string[]
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
  const oldest = verifications[0]
  return {
    protocol: PROTOCOL_VERSION,
    version: software,
    fsname,
    verifications: verifications.map(listed),
    oldest: oldest === undefined ? null : offered(oldest),
  }
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
  return { protocol: PROTOCOL_VERSION, version: software, fsname, verification: offered(stored) }
}

function offered({ folder, header, headerDigest }: StoredVerification): OfferedVerification {
  const { timestamp, snapshotName } = header
  return { timestamp, snapshotName, path: folder, headerDigest, parts: offeredParts(header.parts) }
}
