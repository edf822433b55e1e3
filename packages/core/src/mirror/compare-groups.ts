import type { CompareEntry, MapNode, MapPart } from '../backupmap/backupmap-types.js'
import { partsOf, readPart } from '../backupmap/map-reader.js'
import { LustrebackupError } from '../errors/errors.js'
import { FULL_MAP_HINT } from '../errors/full-map-hint.js'
import type { OpenMap } from '../namespace/namespace-types.js'
import type { Fid } from '../types/fid.js'
import { basenameOf, dirnameOf, type PathBytes, pathDepth } from '../types/path-bytes.js'

export interface ComparedEntry {
  readonly node: MapNode
  readonly same: boolean
}

/** A directory of the map, or a part of a large one: consecutive entries in the order of their names. */
export interface DirectoryPiece {
  readonly fid: Fid
  readonly path: PathBytes
  readonly depth: number
  readonly entries: readonly ComparedEntry[]
  readonly first: boolean
  readonly last: boolean
}

const PIECE_ENTRIES = 4096

/** The directories of a map, shallowest first: when one comes, all above it have been dealt with. */
export async function* readDirectories(map: OpenMap): AsyncGenerator<DirectoryPiece> {
  for (const part of partsOf(map.header, 'compare')) {
    const groups = new GroupAssembler(part)
    for await (const lines of readPart(map.folder, part as MapPart & { kind: 'compare' })) {
      for (const line of lines) {
        const piece = groups.add(line)
        if (piece !== null) yield piece
      }
    }
    groups.assertComplete()
  }
}

/** Puts the lines of one part together again and checks that they belong together. */
class GroupAssembler {
  #path: PathBytes | null = null
  #fid: Fid | null = null
  #entries: ComparedEntry[] = []
  #entryCount = 0
  #first = true
  #lastName: Buffer | null = null

  constructor(private readonly part: MapPart) {}

  add(line: CompareEntry): DirectoryPiece | null {
    switch (line.kind) {
      case 'directory':
        return this.#begin(line.fid, line.path)
      case 'entry':
        return this.#addEntry(line)
      case 'end':
        return this.#end(line.path, line.entryCount)
    }
  }

  assertComplete(): void {
    this.#assert(this.#path === null, 'its last directory has no end')
  }

  #begin(fid: Fid, path: PathBytes): null {
    this.#assert(this.#path === null, 'a directory begins before the end of another')
    this.#assert(pathDepth(path) === this.part.depth, `a directory is not of depth ${this.part.depth}`)
    this.#path = path
    this.#fid = fid
    this.#entryCount = 0
    this.#first = true
    this.#lastName = null
    return null
  }

  #addEntry({ node, same }: ComparedEntry): DirectoryPiece | null {
    const name = basenameOf(node.path)
    this.#assert(this.#path?.equals(dirnameOf(node.path)) === true && name.length > 0, 'an entry is not in its directory')
    this.#assert(this.#lastName === null || this.#lastName.compare(name) < 0, 'entries are not in the order of their names')
    this.#lastName = name
    this.#entries.push({ node, same })
    this.#entryCount += 1
    return this.#entries.length < PIECE_ENTRIES ? null : this.#piece(false)
  }

  #end(path: PathBytes, entryCount: number): DirectoryPiece {
    this.#assert(this.#path?.equals(path) === true && entryCount === this.#entryCount, 'a directory is not complete')
    const piece = this.#piece(true)
    this.#path = null
    return piece
  }

  #piece(last: boolean): DirectoryPiece {
    const piece = { fid: this.#fid!, path: this.#path!, depth: this.part.depth!, entries: this.#entries, first: this.#first, last }
    this.#entries = []
    this.#first = false
    return piece
  }

  #assert(condition: boolean, why: string): asserts condition {
    if (condition) return
    throw new LustrebackupError('MAP_LINE_INVALID', `reading the backupmap: ${this.part.file}: ${why}`, {
      hint: FULL_MAP_HINT,
    })
  }
}
