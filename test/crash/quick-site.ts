import type { HistoryLimits } from '@lustrebackup/core/state/history-plan'
import type { BackupOutcome } from '@lustrebackup/core/target/backup-run'
import type { Owed } from '@lustrebackup/core/transfer/owed-types'
import { TargetSide } from '../fuzz/target-side.js'
import { SourceSite, type SourceSiteOptions } from '../source/source-site.js'
import { QuickVerify } from './quick-verify.js'

/** What one process of a quick site does. */
export type QuickStep = 'map' | 'full-map' | 'init' | 'abort' | 'target' | 'dry-run' | 'verify' | 'compare' | 'sample'

/** Little, so that every backup removes something. */
const HISTORY: HistoryLimits = { records: 2, unverifiedMaps: 1, verifiedMaps: 1 }

/** Files from 4 KiB up are large, and everything is compared every time. */
const OPTIONS: SourceSiteOptions = {
  mdts: 2,
  stateOutside: true,
  mounts: 'symlink',
  workers: 1,
  lustre: { largefileSizeBytes: 4096n, hugefileSizeBytes: 1_000_000n },
  backup: { compareDays: 'always' },
  history: HISTORY,
}

/** Both sides in one process, with real files and real rsync, but without ssh and without programs for snapshots. */
export class QuickSite {
  readonly source: SourceSite
  readonly target: TargetSide
  readonly verification: QuickVerify

  constructor(place: Pick<SourceSiteOptions, 'parent' | 'reopen'>) {
    this.source = new SourceSite({ ...OPTIONS, ...place })
    const { source } = this
    const commands = {
      init: () => source.init(),
      look: () => source.look(),
      done: async (timestamp: number, owed: readonly Owed[]) => {
        await source.done(
          timestamp,
          owed.map(({ fid }) => fid),
        )
      },
      abort: async () => void (await source.abort()),
    }
    this.target = new TargetSide(source.folder, source.config, commands, source.context.nowSeconds)
    this.target.keptRecords = HISTORY.records
    this.verification = new QuickVerify(source, this.target)
  }

  async perform(step: QuickStep): Promise<BackupOutcome | null> {
    const { source, target, verification } = this
    if (step === 'map' || step === 'full-map') await source.map({ full: step === 'full-map' })
    if (step === 'init') await source.init()
    if (step === 'abort') await source.abort()
    if (step === 'dry-run') await target.dryRun()
    if (step === 'verify') await verification.verify()
    if (step === 'compare') await verification.compare()
    if (step === 'sample') await verification.sample()
    return step === 'target' ? await target.run() : null
  }

  close(): void {
    this.source.close()
  }
}
