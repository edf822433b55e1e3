import { freemem, totalmem } from 'node:os'
import { REACH_BYTES } from '../backupmap/area.js'
import { mapPools } from '../backupmap/map-pools.js'
import { createCanaryProof } from '../canary/canary-proof.js'
import { type MemoryBytes, planEntriesInMemory } from '../changelog/touched-room-plan.js'
import type { App } from '../cli/open-app.js'
import { HISTORY_LIMITS } from '../state/history-plan.js'
import { VERSION } from '../version.js'
import type { DoneContext } from './source-done-run.js'
import type { InitContext } from './source-init-run.js'

/** Requests of the main thread that are under way at once: it looks up little itself. */
const IN_FLIGHT = 16
/** Touched sets besides those of the readers: of the last interval, and of what is walked. */
const OTHER_SETS = 2

/** What maps are made with, on this host: threads, Lustre and the snapshots of the configuration. */
export async function openMapContext(app: App, progress: InitContext['progress'] = () => undefined): Promise<InitContext & DoneContext> {
  const lustre = await app.openLustre(IN_FLIGHT)
  const { fsname, mdts } = app.config.lustre
  return {
    config: app.config,
    layout: app.layout,
    lustre,
    proof: createCanaryProof({ fsname, mdts, layout: app.layout, lustre, signal: app.signal }),
    snapshots: app.snapshots,
    mounts: app.mounts,
    log: app.log,
    signal: app.signal,
    software: VERSION,
    reachBytes: REACH_BYTES,
    entriesInMemory: planEntriesInMemory(memoryNow(), app.config.system, app.config.system.nprocs + OTHER_SETS),
    pools: mapPools(app.config.system.nprocs),
    progress,
    elapsedSeconds: () => performance.now() / 1000,
    history: HISTORY_LIMITS,
    nowSeconds: app.nowSeconds,
  }
}

/** A limit of a control group counts like the size of the machine. */
function memoryNow(): MemoryBytes {
  const limit = process.constrainedMemory()
  const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  return { total, available: Math.min(total, freemem()) }
}
