import { readdirSync, rmSync } from 'node:fs'
import { crashPoint } from '../crash/crash-point.js'
import { syncFolder } from '../state/durable.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { loadState, saveState } from '../state/state-file.js'
import { asFormat } from '../state/state-shape.js'
import { formatCanary, parseCanary } from './canary-codec.js'
import type { Canary } from './canary-types.js'

const FORMAT = 'lustrebackup-canary'
const VERSION = 1

/**
 * Keeps a canary before its snapshot is made: it counts for every later snapshot, whether or not its own comes to be.
 * Gives its number, which is higher than that of every earlier one.
 */
export function saveCanary(canary: Canary, layout: MetaLayout): number {
  const number = Math.max(canary.madeAt, 1 + (listCanaries(layout).at(-1) ?? 0))
  saveState(layout.canary(number), { format: FORMAT, version: VERSION, ...formatCanary(canary) })
  return number
}

/** null when there is no such canary any more. */
export function loadCanary(number: number, layout: MetaLayout): Canary | null {
  return loadState(layout.canary(number), (value) => parseCanary(asFormat(value, FORMAT, VERSION)))
}

/** Numbers of all canaries, oldest first. */
export function listCanaries(layout: MetaLayout): number[] {
  const numbers = readdirSync(layout.folder('canary')).flatMap((name) => {
    const match = /^([0-9]{1,15})\.json$/.exec(name)
    return match === null ? [] : [Number(match[1])]
  })
  return numbers.toSorted((a, b) => a - b)
}

/** Forgets the canaries with lower numbers. */
export function forgetCanariesBefore(number: number, layout: MetaLayout): void {
  for (const old of listCanaries(layout)) if (old < number) rmSync(layout.canary(old), { force: true })
  crashPoint('canary.forgotten')
  syncFolder(layout.folder('canary'))
}
