import type { DataEntry } from '../backupmap/backupmap-types.js'
import type { EntryStat } from '../tree/tree-port.js'

/**
 * Why an object cannot have been transferred completely; null when it has. rsync sets the time of a file last, and only after its checksum agreed,
 * and no file had this time before (`prepareData`): the right time proves the content.
 */
export function missingProof(entry: DataEntry, stats: readonly (EntryStat | null)[]): string | null {
  const [first, ...others] = stats
  if (!first) return 'it is not on the target'
  if (first.type !== entry.type) return 'it has another type on the target'
  if (others.some((stat) => stat?.ino !== first.ino || stat.dev !== first.dev)) return 'its hard links were not made'
  if (entry.type === 'f' && first.size !== entry.size) return `its size is ${first.size} instead of ${entry.size}`
  if (entry.type === 'f' && first.mtimeNs !== entry.mtimeNs) return 'its content did not arrive'
  return null
}
