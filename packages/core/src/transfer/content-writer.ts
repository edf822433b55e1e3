import type { DataEntry } from '../backupmap/backupmap-types.js'
import { type ListLimits, ListWriter, WORTH_A_LIST_PATHS } from './list-writer.js'
import { isSmallFile } from './small-files-plan.js'
import type { TransferList } from './transfer-types.js'

interface Waiting {
  readonly paths: readonly Buffer[]
  readonly sizeBytes: bigint
}

/** Writes lists of content: small files have lists of their own, where there are enough of them to be worth a connection. */
export class ContentWriter {
  readonly #any: ListWriter
  readonly #small: ListWriter
  /** Small files, until there are enough; null from then on. */
  #waiting: Waiting[] | null = []
  #waitingPaths = 0

  constructor(folder: string, limits: ListLimits) {
    this.#any = new ListWriter(folder, 'data', limits)
    this.#small = new ListWriter(folder, 'small', limits)
  }

  add({ path, links, type, size }: Pick<DataEntry, 'path' | 'links' | 'type' | 'size'>): void {
    const paths = [path, ...links]
    if (!isSmallFile({ type, size })) this.#any.add(paths, size)
    else if (this.#waiting === null) this.#small.add(paths, size)
    else this.#wait(this.#waiting, { paths, sizeBytes: size })
  }

  /** An object of which nobody knows how large it is. */
  addUnknown(paths: readonly Buffer[]): void {
    this.#any.add(paths, 0n)
  }

  /** The lists, durable. */
  finish(): TransferList[] {
    for (const { paths, sizeBytes } of this.#waiting ?? []) this.#any.add(paths, sizeBytes)
    this.#waiting = []
    return [...this.#any.finish(), ...this.#small.finish().map((list) => ({ ...list, isSmall: true }))]
  }

  #wait(waiting: Waiting[], one: Waiting): void {
    waiting.push(one)
    this.#waitingPaths += one.paths.length
    if (this.#waitingPaths < WORTH_A_LIST_PATHS) return
    for (const { paths, sizeBytes } of waiting) this.#small.add(paths, sizeBytes)
    this.#waiting = null
  }
}
