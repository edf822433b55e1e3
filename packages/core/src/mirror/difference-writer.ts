import type { MapNode, MapPart } from '../backupmap/backupmap-types.js'
import { wordsOf } from '../backupmap/identities.js'
import { partsOf, readPart } from '../backupmap/map-reader.js'
import { PartWriter } from '../backupmap/part-writer.js'
import { TouchedTable } from '../changelog/touched-table.js'
import type { Log } from '../log/log-types.js'
import type { OpenMap } from '../namespace/namespace-types.js'
import { readEntries } from '../transfer/transfer-source.js'
import { type PathBytes, percentEncode } from '../types/path-bytes.js'
import type { DifferenceKind } from './difference-types.js'

const SUSPECT = 1
const OWN = 2

/**
 * Writes down what a comparison found. Content and attributes that differ are only suspects at first: the attributes that the map itself brings are
 * set later. Which suspects the map names is looked up when all are known, so that memory does not grow with the map.
 */
export class DifferenceWriter {
  readonly counts: Record<DifferenceKind, number> = {
    missing: 0,
    extra: 0,
    'other-type': 0,
    'other-content': 0,
    'other-attributes': 0,
    'other-links': 0,
  }
  readonly found: PartWriter
  readonly #suspects: PartWriter
  readonly #fids = new TouchedTable()

  constructor(
    private readonly suspectFolder: string,
    folder: string,
    private readonly log: Log,
  ) {
    this.found = new PartWriter(folder, 'found')
    this.#suspects = new PartWriter(suspectFolder, 'suspect')
  }

  count(kind: DifferenceKind, path: PathBytes): void {
    this.counts[kind] += 1
    this.log.warning('the target differs from the source', { kind, path: percentEncode(path) })
  }

  /** A file that is there with another size or time. */
  suspectContent(node: MapNode): void {
    this.#suspects.write('data', { ...node, created: false, links: [] })
    this.#fids.add(wordsOf(node.fid), 0, SUSPECT)
  }

  suspectAttributes(node: MapNode): void {
    this.#suspects.write('attr', node)
    this.#fids.add(wordsOf(node.fid), 0, SUSPECT)
  }

  /** Drops the suspects that the map names, and gives the parts. */
  async finish(map: OpenMap): Promise<readonly MapPart[]> {
    if (this.#fids.count > 0) await this.#markNamed(map)
    const suspects = [{ folder: this.suspectFolder, parts: this.#suspects.finish() }]
    for await (const entries of readEntries(suspects, 'data')) {
      for (const entry of entries.filter((one) => !this.#isOwn(one))) {
        this.count('other-content', entry.path)
        this.found.write('data', entry)
      }
    }
    for await (const entries of readEntries(suspects, 'attr')) {
      for (const node of entries.filter((one) => !this.#isOwn(one))) {
        this.count('other-attributes', node.path)
        this.found.write('attr', node)
      }
    }
    return this.found.finish()
  }

  async #markNamed(map: OpenMap): Promise<void> {
    for (const kind of ['data', 'attr'] as const) {
      for (const part of partsOf(map.header, kind)) {
        for await (const entries of readPart(map.folder, { ...part, kind })) for (const { fid } of entries) this.#markOwn(wordsOf(fid))
      }
    }
  }

  #markOwn(words: Uint32Array): void {
    if (this.#fids.bitsOf(words) !== 0) this.#fids.add(words, 0, OWN)
  }

  #isOwn({ fid }: MapNode): boolean {
    return (this.#fids.bitsOf(wordsOf(fid)) & OWN) !== 0
  }
}
