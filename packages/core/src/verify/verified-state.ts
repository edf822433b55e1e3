import type { MetaLayout } from '../state/meta-layout.js'
import { linkedTimestamp } from '../state/state-link.js'
import { type Coverage, loadCoverage } from './last-sample.js'
import { type Differing, loadDiffering } from './target-result.js'

/** What this side knows of its verifications. */
export interface VerifiedState {
  /** Newest backup that a verification found right, on the source: newest one that was made; null = none. */
  readonly lastVerified: number | null
  /** Backups after that in which the last verification found differences, newest first. */
  readonly differing: readonly Differing[]
  /** What the last sample found; null before the first one. */
  readonly coverage: Coverage | null
}

/** What an earlier verification found is over when a later backup was found right. */
export function loadVerifiedState(layout: MetaLayout): VerifiedState {
  const lastVerified = linkedTimestamp(layout.link('last_verified'))
  const differing = loadDiffering(layout).filter(({ timestamp }) => timestamp > (lastVerified ?? 0))
  return { lastVerified, differing, coverage: loadCoverage(layout) }
}
