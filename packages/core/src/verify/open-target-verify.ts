import type { App } from '../cli/open-app.js'
import { TARGET_LOCK } from '../target/target-types.js'
import { treeOpener } from '../tree/open-tree.js'
import type { VerifyProgress } from './source-verify-types.js'
import type { TargetVerifyPorts } from './target-verify-types.js'
import { verifyCommands } from './verify-commands.js'
import { verifyPools } from './verify-pools.js'

/** What a verification of the target works with. */
export function openTargetVerify(app: App, progress: (step: VerifyProgress) => void): TargetVerifyPorts {
  const { config, layout, exec, snapshots, mounts, log, signal, nowSeconds } = app
  let isLocked = false
  return {
    config,
    layout,
    exec,
    snapshots,
    mounts,
    log,
    signal,
    nowSeconds,
    progress,
    source: verifyCommands(app.remote(config.source.host), config, signal),
    pools: verifyPools(config.system.nprocs),
    openTree: treeOpener(),
    lockTarget: () => {
      if (!isLocked) app.lock(TARGET_LOCK)
      isLocked = true
    },
    elapsedSeconds: () => performance.now() / 1000,
  }
}
