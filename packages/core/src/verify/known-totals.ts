import type { CoveredFile } from './coverage-types.js'
import { AgeHistogram } from './sample-plan.js'

/** What is known of all files together. */
export class KnownTotals {
  readonly ages = new AgeHistogram()
  files = 0
  bytes = 0n
  oldest: number | null = null

  add(files: Iterable<CoveredFile>): void {
    for (const { verifiedAt, size } of files) {
      this.ages.add(verifiedAt, size)
      this.files += 1
      this.bytes += size
      this.oldest = Math.min(this.oldest ?? verifiedAt, verifiedAt)
    }
  }
}
