import { FID_WORDS, Touched } from '../changelog/touched-types.js'
import type { ObjectPlan, ObjectState } from '../namespace/object-plan.js'
import type { Fid } from '../types/fid.js'
import { wordsOf } from './identities.js'
import { addCounts, FAILURES_NAMED, NO_COUNTS, type Resolved } from './resolve-types.js'

type MutableCounts = { -readonly [K in keyof Resolved['counts']]: Resolved['counts'][K] }

/** Adds up what resolving comes to, object by object. */
export class ResolveSum {
  readonly #counts: MutableCounts = { ...NO_COUNTS }
  #treeEntries = 0
  #treeBytes = 0n
  readonly #entered: Uint8Array[] = []
  readonly #left: Uint8Array[] = []
  readonly #deficits: number[] = []
  readonly #failures: { fid: string; reason: string }[] = []
  readonly #openers: number[] = []

  addTemporary(): void {
    this.#counts.touched += 1
    this.#counts.temporary += 1
  }

  addFailed(fid: Fid, reason: string): void {
    this.#counts.touched += 1
    this.#counts.failed += 1
    if (this.#failures.length < FAILURES_NAMED) this.#failures.push({ fid, reason })
  }

  /** To be resolved again with names of the log: not counted now. */
  addDeficit(words: Uint32Array, bits: number): void {
    this.#deficits.push(...words, bits)
  }

  addEntered(path: Buffer): void {
    this.#entered.push(Uint8Array.from(path))
  }

  addLeft(path: Buffer): void {
    this.#left.push(Uint8Array.from(path))
  }

  addOpener(fid: Fid, changed: boolean): void {
    this.#openers.push(...wordsOf(fid), changed ? 1 : 0)
  }

  /** `outside`: nothing of it is in the backed-up area, but it exists. */
  addPlan(plan: ObjectPlan, s0: ObjectState | null, s1: ObjectState | null, outside: boolean): void {
    const counts = this.#counts
    counts.touched += 1
    counts[plan.fate === 'temporary' && outside ? 'excluded' : plan.fate] += 1
    if (plan.moved) counts.moved += 1
    if (plan.data) counts.data += 1
    if (plan.attributes) counts.attributes += 1
    if (plan.fate === 'kept' && !plan.moved && !plan.data && !plan.attributes) counts.unchanged += 1
    for (const { kind, entry } of plan.steps) if (kind === 'data') counts.dataBytes += entry.size
    this.#treeEntries += (s1?.links.length ?? 0) - (s0?.links.length ?? 0)
    this.#treeBytes += (s1?.attributes.size ?? 0n) - (s0?.attributes.size ?? 0n)
  }

  result(): Resolved {
    return {
      counts: this.#counts,
      treeEntries: this.#treeEntries,
      treeBytes: this.#treeBytes,
      entered: this.#entered,
      left: this.#left,
      deficits: Uint32Array.from(this.#deficits),
      failures: this.#failures,
      openers: Uint32Array.from(this.#openers),
    }
  }
}

/** Sum of several results. */
export function addResolved(a: Resolved, b: Resolved): Resolved {
  return {
    counts: addCounts(a.counts, b.counts),
    treeEntries: a.treeEntries + b.treeEntries,
    treeBytes: a.treeBytes + b.treeBytes,
    entered: [...a.entered, ...b.entered],
    left: [...a.left, ...b.left],
    deficits: concatWords(a.deficits, b.deficits),
    failures: [...a.failures, ...b.failures].slice(0, FAILURES_NAMED),
    openers: concatWords(a.openers, b.openers),
  }
}

export const NOTHING_RESOLVED: Resolved = new ResolveSum().result()

export function concatWords(a: Uint32Array, b: Uint32Array): Uint32Array {
  const both = new Uint32Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

/** Whether an object is looked at again in the next interval: its data may still change without a record. */
export function staysForRecheck(bits: number, plan: ObjectPlan, s1: ObjectState | null): boolean {
  if (s1 === null || s1.attributes.type !== 'f') return false
  if (bits & (Touched.data | Touched.opener)) return true
  return (bits & Touched.recheck) !== 0 && plan.data
}

export function fidWordsAt(fids: Uint32Array, item: number): Uint32Array {
  return fids.subarray(item * FID_WORDS, (item + 1) * FID_WORDS)
}
