import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { loadAddon } from '@lustrebackup/lustreapi/load'
import { openNativeTree } from '../../tree/native-tree.js'
import type { Tree } from '../../tree/tree-port.js'
import { DriftLog } from '../drift-log.js'
import type { Drift, Repair } from '../drift-types.js'
import { runIn } from '../in-run.js'
import type { OpenMap } from '../namespace-types.js'
import { runOut } from '../out-run.js'
import { closeStaging, openStaging } from '../staging-run.js'
import { planStaying } from '../staying-run.js'
import { Crash, CrashPlan, crashingTree } from './crashing-tree.js'
import { makeTestFolder } from './test-folder.js'

/** A temporary folder with a target tree `data` and what a run keeps beside it. */
export interface NamespaceSite {
  readonly folder: string
  readonly data: string
  /** Runs *out* and *in* as a backup does; with `crashAt` it dies at that change and is run again. Gives the number of changes of the first run. */
  apply(map: OpenMap, crashAt?: number): Promise<{ changeCount: number; drifts: readonly Drift[]; repairs: readonly Repair[] }>
  remove(): void
}

export function openTestTree(path: string): Tree {
  const loaded = loadAddon()
  if (!loaded.ok) throw new Error(`${loaded.reason}: ${loaded.hint}`)
  return openNativeTree(loaded.addon, path, 4)
}

export function makeNamespaceSite(): NamespaceSite {
  const folder = makeTestFolder('namespace')
  const data = join(folder, 'data')
  const progress = { outDone: false, inBegun: false }

  async function run(map: OpenMap, plan: CrashPlan) {
    const drift = DriftLog.open(join(folder, 'drift.ndjson'))
    const dataTree = openTestTree(data)
    const staging = await openStaging(join(folder, 'staging'), dataTree, openTestTree)
    const { signal } = new AbortController()
    const staying = await planStaying(map, signal)
    const context = { data: crashingTree(dataTree, plan), staging: crashingTree(staging, plan), staying, drift, signal }
    try {
      if (!progress.outDone) await runOut(map, context)
      progress.outDone = true
      const resumed = progress.inBegun
      progress.inBegun = true
      await runIn(map, { ...context, resumed })
      await closeStaging(staging)
      return { drifts: [...drift.drifts], repairs: [...drift.repairs] }
    } finally {
      dataTree.close()
      drift.close()
    }
  }

  return {
    folder,
    data,
    async apply(map, crashAt) {
      const plan = new CrashPlan(crashAt ?? null)
      try {
        const found = await run(map, plan)
        return { changeCount: plan.changeCount, ...found }
      } catch (error) {
        if (!(error instanceof Crash)) throw error
        return { changeCount: plan.changeCount, ...(await run(map, new CrashPlan(null))) }
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
