import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HEADER_FILE } from '../backupmap/map-reader.js'
import type { PartFile } from '../parts/part-file-types.js'
import { SENT_MAP_MAX_BYTES, type SentFile, sentBytes } from './source-init-types.js'

/** Header and parts of a small map, as text; none of a large one, or of one that cannot be read, which the target finds out when it fetches it. */
export function readSentMap(folder: string, parts: readonly PartFile[]): SentFile[] {
  if (parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) > SENT_MAP_MAX_BYTES) return []
  try {
    const names = [HEADER_FILE, ...parts.map(({ file }) => file)]
    const files = names.map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }))
    return sentBytes(files) > SENT_MAP_MAX_BYTES ? [] : files
  } catch {
    return []
  }
}
