import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { appendToFile } from '../state/append-file.js'
import { isLongName, listedName, paddedName } from './list-names.js'
import type { TransferList } from './transfer-types.js'

/** What one file costs beyond its bytes, in bytes: it balances many small files against few large ones. */
const FILE_COST_BYTES = 64n * 1024n
/** Less than this is not worth a connection of its own. */
const WORTH_A_LIST_BYTES = 16n * 1024n * 1024n
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
    list.cost += sizeBytes + FILE_COST_BYTES * BigInt(paths.length)
    if (list.pendingBytes >= FLUSH_BYTES) flush(list, false)
    if (list.pathCount >= this.limits.maxPaths || list.sizeBytes >= this.limits.maxBytes) this.#close(list)
  }

  /** The lists, durable. */
  finish(): TransferList[] {
    for (const list of [...this.#open]) this.#close(list)
    if (this.#long !== null) this.#close(this.#long)
    return this.#closed
  }

  #lightest(): OpenList {
    const lightest = this.#open.reduce<OpenList | null>((best, list) => (best === null || list.cost < best.cost ? list : best), null)
    const isWorthAnother = lightest === null || lightest.cost >= WORTH_A_LIST_BYTES
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
    this.#made += 1
    return { file, pending: [], pendingBytes: 0, pathCount: 0, sizeBytes: 0n, cost: 0n }
  }

  #close(list: OpenList): void {
    flush(list, true)
    if (list === this.#long) this.#long = null
    else this.#open.splice(this.#open.indexOf(list), 1)
    this.#closed.push({ file: list.file, pathCount: list.pathCount, sizeBytes: list.sizeBytes })
  }
}

function flush(list: OpenList, last: boolean): void {
  const bytes = Buffer.concat(list.pending)
  list.pending = []
  list.pendingBytes = 0
  appendToFile(list.file, bytes, { sync: last })
}
