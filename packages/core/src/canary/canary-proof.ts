import type { Lustre } from '../lustre/lustre-port.js'
import { loadSnapshotRecord } from '../snapshot/snapshot-record.js'
import type { Snapshot } from '../snapshot/snapshot-types.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { listCanaries, loadCanary } from './canary-record.js'
import type { CanaryMdt } from './canary-types.js'
import type { ChangelogProof } from './changelog-proof-port.js'
import { doubtInWords, untestedInWords, untestedMdtInWords } from './doubts-plan.js'
import { CanarySightings } from './sight-canary.js'

const CHUNK_BYTES = 1024 * 1024

export interface CanaryProofSettings {
  readonly fsname: string
  readonly mdts: readonly string[]
  readonly layout: MetaLayout
  readonly lustre: Lustre
  readonly signal: AbortSignal
}

/** Proof by the canaries that went before the snapshots: every record that one made must be in the changelogs of the snapshot. */
export function createCanaryProof(settings: CanaryProofSettings): ChangelogProof {
  const { layout } = settings
  return {
    examine: async (snapshot, baseTimestamp) => {
      const own = canaryOf(snapshot.timestamp, snapshot.name, layout)
      const ofBase = baseTimestamp === null ? null : (loadSnapshotRecord(baseTimestamp, layout)?.canary ?? null)
      const sinceBase: string[] = []
      for (const number of between(ofBase, own, layout)) sinceBase.push(...(await doubtsOf(settings, number, snapshot)))
      const atSnapshot = own === null ? [untestedInWords(snapshot.name)] : await doubtsOf(settings, own, snapshot)
      return { atSnapshot, sinceBase }
    },
  }
}

/** Number of the canary that went before a snapshot; null = none. */
function canaryOf(timestamp: number, name: string, layout: MetaLayout): number | null {
  const record = loadSnapshotRecord(timestamp, layout)
  return record?.name === name ? record.canary : null
}

/** Canaries after that of the base: what they did is in the logs of the snapshot as well, also when no snapshot came of them. */
function between(ofBase: number | null, own: number | null, layout: MetaLayout): number[] {
  if (ofBase === null || own === null) return []
  return listCanaries(layout).filter((number) => ofBase < number && number < own)
}

async function doubtsOf(settings: CanaryProofSettings, number: number, snapshot: Snapshot): Promise<string[]> {
  const canary = loadCanary(number, settings.layout)
  const doubts: string[] = []
  for (const mdt of settings.mdts) {
    const tested = canary?.mdts.find((one) => one.mdt === mdt)
    if (tested === undefined) {
      doubts.push(untestedMdtInWords(mdt, number))
      continue
    }
    const sightings = new CanarySightings(tested)
    await searchLog(settings, tested, `${snapshot.snapshotFsname}-${mdt}`, sightings)
    const missing = sightings.missing()
    if (missing !== null) doubts.push(doubtInWords(settings.fsname, number, missing))
  }
  return doubts
}

async function searchLog({ lustre, signal }: CanaryProofSettings, { fromRecno }: CanaryMdt, mdtname: string, sightings: CanarySightings) {
  const reader = lustre.openChangelog(mdtname, fromRecno ?? 0n)
  const buffer = new Uint8Array(CHUNK_BYTES)
  try {
    while (!sightings.isComplete) {
      signal.throwIfAborted()
      const length = await reader.read(buffer)
      if (length === 0) return
      sightings.look(buffer.subarray(0, length))
    }
  } finally {
    reader.close()
  }
}
