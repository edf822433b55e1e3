import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { appendToFile } from '../state/append-file.js'
import { costOf } from './list-cost.js'
import { isLongName, listedName, paddedName } from './list-names.js'
import type { TransferList } from './transfer-types.js'

/** Less than this, or what costs as much, is not worth a connection of its own. */
export const WORTH_A_LIST_PATHS = 2000
const WORTH_A_LIST = costOf(0n, WORTH_A_LIST_PATHS)
/** The first lists are short: how many streams help shows at their ends. As many as there are when the number of streams doubles up to that of open lists. */
const TRIAL_PATHS = 2000
const TRIAL_BYTES = 1024n ** 3n
const FLUSH_BYTES = 64 * 1024

export interface ListLimits {
  /** Lists that are filled at the same time, so that as many connections have work. */
  readonly openLists: number
  /** A list that is this long or this large is closed and another begun: what one list loses when it is interrupted stays small. */
  readonly maxPaths: number
  readonly maxBytes: bigint
}

interface OpenList {
  readonly file: string
  readonly maxPaths: number
  readonly maxBytes: bigint
  pending: Buffer[]
  pendingBytes: number
  pathCount: number
  sizeBytes: bigint
  cost: bigint
}

/** Spreads paths over lists as they come: each goes to the lightest. Memory holds what is not yet flushed, nothing else. */
export class ListWriter {
  readonly #open: OpenList[] = []
  /** Long names are alone among themselves. */
  #long: OpenList | null = null
  readonly #closed: TransferList[] = []
  #made = 0

  constructor(
    private readonly folder: string,
    private readonly name: string,
    private readonly limits: ListLimits,
  ) {}

  /** Paths of one object, relative to the root of the transfer: they stay together, or rsync could not link them. */
  add(paths: readonly Buffer[], sizeBytes: bigint): void {
    const isLong = paths.some(isLongName)
    const list = isLong ? this.#longOne() : this.#lightest()
    for (const path of paths) {
      const name = isLong ? paddedName(path) : listedName(path)
      list.pending.push(name)
      list.pendingBytes += name.length
    }
    list.pathCount += paths.length
    list.sizeBytes += sizeBytes
    list.cost += costOf(sizeBytes, paths.length)
    if (list.pendingBytes >= FLUSH_BYTES) flush(list, false)
    if (list.pathCount >= list.maxPaths || list.sizeBytes >= list.maxBytes) this.#close(list)
  }

  /** The lists, durable. */
  finish(): TransferList[] {
    for (const list of [...this.#open]) this.#close(list)
    if (this.#long !== null) this.#close(this.#long)
    return this.#closed
  }

  #lightest(): OpenList {
    const lightest = this.#open.reduce<OpenList | null>((best, list) => (best === null || list.cost < best.cost ? list : best), null)
    const isWorthAnother = lightest === null || lightest.cost >= WORTH_A_LIST
    if (lightest !== null && (this.#open.length >= this.limits.openLists || !isWorthAnother)) return lightest
    const list = this.#begin()
    this.#open.push(list)
    return list
  }

  #longOne(): OpenList {
    this.#long ??= this.#begin()
    return this.#long
  }

  #begin(): OpenList {
    const file = join(this.folder, `${this.name}-${String(this.#made).padStart(6, '0')}.list`)
    closeSync(openSync(file, 'wx', 0o600))
    const { maxPaths, maxBytes } = this.#made < 2 * this.limits.openLists ? trial(this.limits) : this.limits
    this.#made += 1
    return { file, maxPaths, maxBytes, pending: [], pendingBytes: 0, pathCount: 0, sizeBytes: 0n, cost: 0n }
  }

  #close(list: OpenList): void {
    flush(list, true)
    if (list === this.#long) this.#long = null
    else this.#open.splice(this.#open.indexOf(list), 1)
    this.#closed.push({ file: list.file, pathCount: list.pathCount, sizeBytes: list.sizeBytes, isSmall: false })
  }
}

function trial({ openLists, maxPaths, maxBytes }: ListLimits): Omit<ListLimits, 'openLists'> {
  if (openLists === 1) return { maxPaths, maxBytes }
  return { maxPaths: Math.min(maxPaths, TRIAL_PATHS), maxBytes: maxBytes < TRIAL_BYTES ? maxBytes : TRIAL_BYTES }
}

function flush(list: OpenList, last: boolean): void {
  const bytes = Buffer.concat(list.pending)
  list.pending = []
  list.pendingBytes = 0
  appendToFile(list.file, bytes, { sync: last })
}
