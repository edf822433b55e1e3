import { lstatSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { linkedTimestamp } from '@lustrebackup/core/state/state-link'
import { createCompareJob } from '@lustrebackup/core/verify/compare.job'
import { nativeContentReader } from '@lustrebackup/core/verify/native-content-reader'
import { createResolveJob } from '@lustrebackup/core/verify/resolve.job'
import { runSample } from '@lustrebackup/core/verify/sample-run'
import { offerList, offerVerification } from '@lustrebackup/core/verify/source-offer'
import { runSourceVerify } from '@lustrebackup/core/verify/source-verify-run'
import { runTargetVerify } from '@lustrebackup/core/verify/target-verify-run'
import type { TargetVerifyPorts, TargetVerifyResult } from '@lustrebackup/core/verify/target-verify-types'
import type { VerifyPools } from '@lustrebackup/core/verify/verify-pools'
import { inlinePool } from '@lustrebackup/core/workers/inline-pool'
import type { TargetSide } from '../fuzz/target-side.js'
import type { SourceSite } from '../source/source-site.js'

/** A file that every round has, and that no round writes to. */
const STILL = 'still/stays'

const POOLS: VerifyPools = {
  content: (settings) => nativeContentReader({ ...settings, threads: 1 }),
  resolve: (settings) => inlinePool(createResolveJob, settings, 1),
  compare: (settings) => inlinePool(createCompareJob, settings, 1),
}

/** Verifications of the last backup, on both sides of a quick site. The tree of the target is compared, which has no snapshots here. */
export class QuickVerify {
  constructor(
    private readonly source: SourceSite,
    private readonly target: TargetSide,
  ) {}

  /** What the source has of what the backups after `start` changed; goes on with what a run before has left. `progress` is told of every task. */
  async verify(progress = () => undefined, start = this.#timestamp - 1): Promise<void> {
    const { context } = this.source
    const request = { start, end: null, filter: { renamedOnly: false, modifiedSince: null } }
    const outcome = await runSourceVerify({ ...request, resume: true, checkpointSeconds: 0 }, { ...context, pools: POOLS, progress })
    if (outcome.kind !== 'made' || outcome.unreadable.length > 0) throw new Error(`the source was not verified: ${JSON.stringify(outcome)}`)
  }

  /** Compares the target with it; goes on with what a run before has left. */
  async compare(): Promise<TargetVerifyResult> {
    const request = { start: this.#timestamp, end: null, target: null, resume: true, checkpointSeconds: 0 }
    const outcome = await runTargetVerify(request, this.#ports())
    if (outcome.kind !== 'compared') throw new Error('nothing was compared')
    return outcome.ends.at(-1)!.result
  }

  /** Leaves the last backup as the only one that was found right, whatever the rounds before have left. */
  async compareAlone(): Promise<void> {
    await this.compare()
    const folder = this.target.layout.folder('verify')
    const others = readdirSync(folder).filter((name) => /^[0-9]+\.json$/.test(name) && name !== `${this.#timestamp}.json`)
    for (const name of others) rmSync(join(folder, name))
  }

  async sample(): Promise<void> {
    const { files, differences } = await runSample({ kind: 'percent', percent: 100 }, this.#ports())
    if (files === 0 || differences.length > 0) throw new Error(`a sample read ${files} files and found ${differences.length} differences`)
  }

  /** Changes the content of a file of the target, without a trace in its size or time; a second time puts it right. */
  flip(): void {
    const file = join(this.target.data, STILL)
    const { atime, mtime } = lstatSync(file)
    writeFileSync(
      file,
      readFileSync(file).map((byte) => byte ^ 1),
    )
    utimesSync(file, atime, mtime)
  }

  /** Everything again that may have been interrupted; then nothing is left of it but its results. */
  async finish(differenceCount: number): Promise<void> {
    await this.verify()
    const found = await this.compare()
    if (found.differenceCount !== differenceCount) throw new Error(`${found.differenceCount} differences, not ${differenceCount}`)
    if (differenceCount > 0) {
      this.flip()
      const healed = await this.compare()
      if (healed.differenceCount > 0) throw new Error('what was put right is still found to differ')
    }
    await this.sample()
    const wrong = [this.source.layout, this.target.layout].flatMap((layout) => {
      const { basepath } = layout
      const left = readdirSync(basepath).filter((name) => name.startsWith('inprogress'))
      const differing = readdirSync(layout.folder('verify')).filter((name) => /^[0-9]+\.differ/.test(name))
      const last = linkedTimestamp(layout.link('last_verified'))
      const verified = last === this.#timestamp ? [] : [`${basepath}: ${last} is what was verified last`]
      return [...verified, ...[...left, ...differing].map((name) => `there is ${name} in ${basepath}`)]
    })
    if (wrong.length > 0) throw new Error(wrong.join('\n'))
  }

  get #timestamp(): number {
    return linkedTimestamp(this.source.layout.link('last_backup')) ?? 0
  }

  #ports(): TargetVerifyPorts {
    const { context } = this.source
    const ports = this.target.ports()
    const offer = { layout: this.source.layout, fsname: 'src', software: context.software }
    return {
      ...ports,
      config: { ...ports.config, backup: { ...ports.config.backup, snapshotBackend: 'none' } },
      mounts: context.mounts,
      pools: POOLS,
      source: { list: async (start, end) => offerList(offer, start, end), init: async (timestamp) => offerVerification(offer, timestamp) },
      lockTarget: () => undefined,
      progress: () => undefined,
    }
  }
}
