import type { App } from '../cli/open-app.js'
import { VERSION } from '../version.js'
import type { SourceVerifyPorts, VerifyProgress } from './source-verify-types.js'
import { verifyPools } from './verify-pools.js'

/** What a verification of the source works with. */
export function openSourceVerify(app: App, progress: (step: VerifyProgress) => void): SourceVerifyPorts {
  const { config, layout, snapshots, mounts, log, signal, nowSeconds } = app
  return {
    config,
    layout,
    snapshots,
    mounts,
    log,
    signal,
    nowSeconds,
    progress,
    software: VERSION,
    pools: verifyPools(config.system.nprocs),
    elapsedSeconds: () => performance.now() / 1000,
  }
}
