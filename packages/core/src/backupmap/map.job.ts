import type { Lustre } from '../lustre/lustre-port.js'
import { nativeLustre } from '../lustre/native-lustre.js'
import { openLustreapi } from '../lustre/open-lustreapi.js'
import type { PathBytes } from '../types/path-bytes.js'
import { addToCounter, type SharedCounter } from '../workers/shared-counter.js'
import { type StopFlag, throwIfStopped } from '../workers/stop-flag.js'
import type { Job } from '../workers/worker-types.js'
import type { MapPart } from './backupmap-types.js'
import { listDirectories, touchedEntries, type WalkFailure } from './expand-directories.js'
import { groupHardlinks, namesFoundIn } from './hardlink-groups.js'
import { bytesOf, Identities } from './identities.js'
import type { Sides } from './locate-batch.js'
import { PartWriter } from './part-writer.js'
import { readStates } from './read-states.js'
import { resolveShard, type ShardInput } from './resolve-shard.js'
import type { Resolved } from './resolve-types.js'
import { SnapshotSide } from './snapshot-side.js'
import { type WalkDirectory, type Walked, walkDirectories, writeRoot } from './walk-directories.js'

/** What every worker that makes a map knows. */
export interface MapJobSettings {
  readonly liblustreapi: string
  readonly inFlight: number
  /** Folder of the map that is being made. */
  readonly folder: string
  /** Where a walk keeps the names of multiply linked objects meanwhile. */
  readonly partitionFolder: string
  /** null without a base. */
  readonly s0MountPoint: string | null
  readonly s1MountPoint: string
  /** Relative to the file system's root. */
  readonly dataPath: Uint8Array
  readonly metaBasepath: Uint8Array | null
  readonly reachBytes: number
  /** Old FID, new FID, of the interval. */
  readonly migrationPairs: Uint32Array
  readonly recheckSinceNs: bigint
  readonly stop: StopFlag
  /** Raised by what was resolved and walked. */
  readonly counter: SharedCounter
}

export type MapInput =
  | ({ readonly kind: 'resolve' } & ShardInput)
  /** Which of the FIDs (four words each) are directories in S1. */
  | { readonly kind: 'directories'; readonly fids: Uint32Array }
  | { readonly kind: 'expand'; readonly side: 's0' | 's1'; readonly directories: readonly Uint8Array[]; readonly bits: number }
  /** Attributes of `data_path` itself, for a full map. */
  | { readonly kind: 'root' }
  /** `full`: for a full map, which also compares with the base and fills the recheck set. */
  | { readonly kind: 'walk'; readonly directories: readonly WalkDirectory[]; readonly full: boolean }
  /** Ends the walk: gives the partitions of this worker. */
  | { readonly kind: 'partitions' }
  /** `allNames`: every name in the area was met in the walk. */
  | { readonly kind: 'group'; readonly parts: readonly MapPart[]; readonly allNames: boolean }
  /** Ends the map: gives the parts of this worker. */
  | { readonly kind: 'finish' }
  /** Lets go of the mounts. Safe to repeat. */
  | { readonly kind: 'close' }

export type MapOutput =
  | { readonly kind: 'resolve'; readonly resolved: Resolved }
  | { readonly kind: 'directories'; readonly directories: readonly Uint8Array[] }
  | {
      readonly kind: 'expand'
      readonly entries: Uint32Array
      readonly directories: readonly Uint8Array[]
      readonly failures: readonly WalkFailure[]
    }
  | { readonly kind: 'root' }
  | { readonly kind: 'walk'; readonly walked: Walked }
  | { readonly kind: 'partitions'; readonly partitions: readonly (readonly MapPart[])[] }
  | { readonly kind: 'group'; readonly sizeBytes: bigint }
  | { readonly kind: 'finish'; readonly parts: readonly MapPart[] }
  | { readonly kind: 'close' }

export const PARTITIONS = 64

/** Makes the parts of a map that one worker is responsible for. */
export function createMapJob(settings: MapJobSettings, workerIndex: number): Job<MapInput, MapOutput> {
  return mapJobOn(nativeLustre(openLustreapi(settings.liblustreapi), settings.inFlight), settings, workerIndex)
}

/** The same, on any Lustre: benchmarks have one that is made up. */
export function mapJobOn(lustre: Lustre, settings: MapJobSettings, workerIndex: number): Job<MapInput, MapOutput> {
  const { sides, close } = openSides(lustre, settings)
  const writer = new PartWriter(settings.folder, `w${workerIndex}`)
  let partitions: PartWriter[] | null = null
  const openPartitions = () => {
    partitions ??= Array.from({ length: PARTITIONS }, (_, index) => new PartWriter(settings.partitionFolder, `w${workerIndex}x${index}`))
    return partitions
  }
  return async (input) => {
    if (input.kind !== 'close') throwIfStopped(settings.stop)
    switch (input.kind) {
      case 'resolve':
        return { kind: 'resolve', resolved: await resolveShard(input, sides, writer, settings) }
      case 'directories':
        return { kind: 'directories', directories: await directoriesAmong(sides, input.fids) }
      case 'expand':
        return expand(sides, input)
      case 'root':
        await writeRoot(sides, writer)
        return { kind: 'root' }
      case 'walk': {
        const output = { writer, partitions: openPartitions(), recheckSinceNs: input.full ? settings.recheckSinceNs : null }
        const walked = await walkDirectories(sides, input.directories, output)
        addToCounter(settings.counter, walked.entryCount)
        return { kind: 'walk', walked }
      }
      case 'partitions':
        return { kind: 'partitions', partitions: openPartitions().map((partition) => partition.finish()) }
      case 'group':
        return { kind: 'group', sizeBytes: await groupAll(settings.partitionFolder, input, sides, writer) }
      case 'finish':
        return { kind: 'finish', parts: writer.finish() }
      case 'close':
        close()
        return { kind: 'close' }
    }
  }
}

function openSides(lustre: Lustre, settings: MapJobSettings): { sides: Sides; close: () => void } {
  const area = {
    dataPath: Buffer.from(settings.dataPath) as PathBytes,
    metaBasepath: settings.metaBasepath === null ? null : (Buffer.from(settings.metaBasepath) as PathBytes),
    reachBytes: settings.reachBytes,
  }
  const identities = new Identities(settings.migrationPairs)
  const openSide = (mountPoint: string) => new SnapshotSide(lustre.openTree(mountPoint), area, (fid) => identities.newest(fid))
  const s1 = openSide(settings.s1MountPoint)
  const s0 = settings.s0MountPoint === null ? null : openSide(settings.s0MountPoint)
  let isOpen = true
  const close = () => {
    if (!isOpen) return
    isOpen = false
    s1.tree.close()
    s0?.tree.close()
  }
  return { sides: { s0, s1, identities }, close }
}

function groupAll(folder: string, { parts, allNames }: Extract<MapInput, { kind: 'group' }>, { s1 }: Sides, writer: PartWriter) {
  return groupHardlinks(folder, parts, writer, allNames ? null : (fids) => namesFoundIn(s1, fids))
}

async function directoriesAmong({ s1 }: Sides, fids: Uint32Array): Promise<Uint8Array[]> {
  const states = await readStates(s1, await s1.locate(bytesOf(fids)))
  return states.flatMap((state) => (state?.attributes.type === 'd' ? [state.links[0]!.path] : []))
}

async function expand(sides: Sides, { side, directories, bits }: Extract<MapInput, { kind: 'expand' }>): Promise<MapOutput> {
  const where = side === 's1' ? sides.s1 : sides.s0
  if (where === null) return { kind: 'expand', entries: new Uint32Array(0), directories: [], failures: [] }
  const { children, unreachable, failures } = await listDirectories(
    where,
    directories.map((path) => Buffer.from(path) as PathBytes),
  )
  const newest = (words: Uint32Array) => (side === 's1' ? words : sides.identities.inSnapshot(words))
  return {
    kind: 'expand',
    entries: touchedEntries([...children, ...unreachable], bits, newest),
    directories: children.flatMap((child) => (child.isDirectory ? [child.path] : [])),
    failures,
  }
}
