import type { TouchedSet } from '../changelog/touched-set.js'
import { drainDirectories } from '../workers/drain-directories.js'
import type { WalkFailure } from './expand-directories.js'
import type { MapPool } from './map-request-types.js'
import { ask } from './map-workers.js'
import { walkFailed } from './walk-failed.js'

const BATCH_DIRECTORIES = 256

/** Adds everything below the directories (relative to `data_path`) to `touched`, with `bits`; not the directories themselves. */
export async function runExpand(
  pool: MapPool,
  side: 's0' | 's1',
  directories: readonly Uint8Array[],
  bits: number,
  touched: TouchedSet,
  signal: AbortSignal,
): Promise<void> {
  const failures: WalkFailure[] = []
  const limits = { batchSize: BATCH_DIRECTORIES, inFlight: pool.capacity * 2 }
  await drainDirectories<Uint8Array>(
    outermost(directories),
    limits,
    async (batch) => {
      const found = await ask(pool, { kind: 'expand', side, directories: batch, bits })
      touched.merge(found.entries)
      failures.push(...found.failures)
      return found.directories
    },
    signal,
  )
  if (failures.length > 0) throw walkFailed(failures)
}

/** Without those that lie below another one: each is walked once. */
export function outermost(directories: readonly Uint8Array[]): Buffer[] {
  const kept: Buffer[] = []
  const byDepth = directories.map((path) => Buffer.from(path)).toSorted((a, b) => a.length - b.length)
  const prefixes = new Set<string>()
  for (const path of byDepth) {
    if (ancestorsOf(path).some((ancestor) => prefixes.has(ancestor))) continue
    prefixes.add(path.toString('latin1'))
    kept.push(path)
  }
  return kept
}

/** The path itself and every directory above it, the root included. */
function ancestorsOf(path: Buffer): string[] {
  const text = path.toString('latin1')
  const ancestors = ['', text]
  for (let slash = text.indexOf('/'); slash !== -1; slash = text.indexOf('/', slash + 1)) ancestors.push(text.slice(0, slash))
  return ancestors
}
