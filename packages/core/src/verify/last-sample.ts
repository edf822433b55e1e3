import { join } from 'node:path'
import type { MetaLayout } from '../state/meta-layout.js'
import { loadState, saveState } from '../state/state-file.js'
import { asCount, asFormat, asInt, asObject } from '../state/state-shape.js'

const FORMAT = 'lustrebackup-sample'
const VERSION = 1

/** How much of the tree's content is known to be right, as the last sample found it. */
export interface Coverage {
  /** Unix seconds. */
  readonly finishedAt: number
  /** Files whose content was read and found right at some time, and their bytes. */
  readonly files: number
  readonly bytes: bigint
  /** When the one was read that was read longest ago; unix seconds. */
  readonly oldest: number | null
  readonly treeBytes: bigint
  /** Runs of the sample's size that read all of it once. */
  readonly runsToCover: number
}

/** Replaces the record of the last sample; `record` holds what `Coverage` has, and more. */
export function saveSample(layout: MetaLayout, record: object): void {
  saveState(fileOf(layout), { format: FORMAT, version: VERSION, ...record })
}

/** null before the first sample. */
export function loadCoverage(layout: MetaLayout): Coverage | null {
  return loadState(fileOf(layout), (value) => {
    const fields = asFormat(value, FORMAT, VERSION)
    const known = asObject(fields.known, 'known')
    return {
      finishedAt: asCount(fields.finishedAt, 'finishedAt'),
      files: asCount(known.files, 'known.files'),
      bytes: asInt(known.bytes, 'known.bytes', 0n),
      oldest: known.oldest === null ? null : asCount(known.oldest, 'known.oldest'),
      treeBytes: asInt(fields.treeBytes, 'treeBytes', 0n),
      runsToCover: asCount(fields.runsToCover, 'runsToCover'),
    }
  })
}

function fileOf(layout: MetaLayout): string {
  return join(layout.folder('verify'), 'last-sample.json')
}
