import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { crashPoint } from '../crash/crash-point.js'
import { LineWriter } from '../parts/line-writer.js'
import { syncFolder } from '../state/durable.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { loadState, saveState } from '../state/state-file.js'
import { linkedTimestamp, removeLink, replaceLink } from '../state/state-link.js'
import { asCount, asFormat } from '../state/state-shape.js'
import { parseTargetBackup } from '../target/target-state.js'
import { encodeDifference, readDifferences } from './difference-file.js'
import type { DifferenceAspect, VerifyDifference } from './difference-types.js'
import { plainJson } from './parse-verification.js'
import type { TargetVerifyResult } from './target-verify-types.js'
import { isUnfiltered } from './verification-types.js'

const RESULT_FORMAT = 'lustrebackup-target-verification'
const VERSION = 1
/** Differences that a result carries with itself. */
const CARRIED = 1000
/** Missing entries that are remembered, because an object and its directory both tell of them. */
const REMEMBERED = 1_000_000

export interface GatheredDifferences {
  readonly differenceCount: number
  readonly byAspect: Partial<Record<DifferenceAspect, number>>
  readonly owedCount: number
  readonly first: readonly VerifyDifference[]
}

/** Brings the differences of all parts into one file, each once, in the order of the parts. */
export async function gatherDifferences(
  foundFolder: string,
  files: readonly string[],
  outFile: string,
  owed: ReadonlySet<string>,
): Promise<GatheredDifferences> {
  const writer = LineWriter.anew(foundFolder, outFile)
  const missing = new Set<string>()
  const byAspect: Partial<Record<DifferenceAspect, number>> = {}
  const first: VerifyDifference[] = []
  let [differenceCount, owedCount] = [0, 0]
  for (const file of files) {
    for await (const batch of readDifferences(foundFolder, file)) {
      for (const difference of batch) {
        const key = difference.path.toString('latin1')
        if (difference.aspect === 'missing') {
          if (missing.has(key)) continue
          if (missing.size < REMEMBERED) missing.add(key)
        }
        writer.write(encodeDifference(difference))
        differenceCount += 1
        byAspect[difference.aspect] = (byAspect[difference.aspect] ?? 0) + 1
        if (owed.has(key)) owedCount += 1
        if (first.length < CARRIED) first.push(difference)
      }
    }
  }
  writer.finish()
  return { differenceCount, byAspect, owedCount, first }
}

/** Paths that the backup of a state could not copy, in latin1. */
export function owedPaths(layout: MetaLayout, timestamp: number): ReadonlySet<string> {
  const backup = loadState(layout.backup(timestamp), parseTargetBackup)
  return new Set((backup?.owed ?? []).map(({ path }) => path.toString('latin1')))
}

const differencesFile = (timestamp: number) => `${timestamp}.differences.ndjson`
const resultFile = (timestamp: number) => `${timestamp}.differs.json`

/**
 * Keeps a result. `verify/TIMESTAMP.json` is only there while the last comparison of the same state, with nothing left out, found nothing; differences
 * lie beside it. Gives the file with all differences; null without any.
 */
export function keepResult(layout: MetaLayout, foundFolder: string, outFile: string, result: TargetVerifyResult): string | null {
  const { timestamp, target, differenceCount, filter } = result
  const folder = layout.folder('verify')
  const differences = join(folder, differencesFile(timestamp))
  const record = { format: RESULT_FORMAT, version: VERSION, ...plainJson(result) }
  if (differenceCount > 0) {
    renameSync(join(foundFolder, outFile), differences)
    crashPoint('differences.kept')
    saveState(join(folder, resultFile(timestamp)), record)
    if (target.timestamp !== timestamp) return differences
    rmSync(layout.verify(timestamp), { force: true })
    crashPoint('verified.withdrawn')
    syncFolder(folder)
    if (linkedTimestamp(layout.link('last_verified')) === timestamp) linkNewest(layout)
    return differences
  }
  if (!isUnfiltered(filter) || target.timestamp !== timestamp) return null
  saveState(layout.verify(timestamp), record)
  for (const file of [differences, join(folder, resultFile(timestamp))]) rmSync(file, { force: true })
  crashPoint('differences.removed')
  syncFolder(folder)
  if ((linkedTimestamp(layout.link('last_verified')) ?? 0) <= timestamp) replaceLink(layout.link('last_verified'), layout.verify(timestamp))
  return null
}

/** `last_verified` leads to the newest record that is left. */
function linkNewest(layout: MetaLayout): void {
  const folder = layout.folder('verify')
  const names = existsSync(folder) ? readdirSync(folder) : []
  const left = names.flatMap((name) => /^([0-9]{1,12})\.json$/.exec(name)?.[1] ?? []).map(Number)
  if (left.length === 0) removeLink(layout.link('last_verified'))
  else replaceLink(layout.link('last_verified'), layout.verify(Math.max(...left)))
}

export interface Differing {
  readonly timestamp: number
  readonly differenceCount: number
  /** Of these: at paths of which the backup said that it could not copy them. */
  readonly owedCount: number
}

/** Backups in which their last verification found differences, newest first. */
export function loadDiffering(layout: MetaLayout): Differing[] {
  const folder = layout.folder('verify')
  const names = existsSync(folder) ? readdirSync(folder) : []
  const timestamps = names.flatMap((name) => /^([0-9]{1,12})\.differs\.json$/.exec(name)?.[1] ?? []).map(Number)
  return timestamps.toSorted((a, b) => b - a).flatMap((timestamp) => loadState(join(folder, resultFile(timestamp)), parseDiffering) ?? [])
}

function parseDiffering(value: unknown): Differing {
  const fields = asFormat(value, RESULT_FORMAT, VERSION)
  return {
    timestamp: asCount(fields.timestamp, 'timestamp'),
    differenceCount: asCount(fields.differenceCount, 'differenceCount'),
    owedCount: asCount(fields.owedCount, 'owedCount'),
  }
}
