import { EXTENSION, OFFSET, OPEN_WRITES, RECORD_FIXED_BYTES, RecordType } from '../changelog/record-layout.js'
import { recordLength } from '../changelog/reduce-records.js'
import { fidAt, packFids } from '../types/fid.js'
import { CANARY_TYPES, type CanaryMdt, type CanaryMissing, type CanaryType } from './canary-types.js'

const TYPE_NAMES: ReadonlyMap<number, CanaryType> = new Map(CANARY_TYPES.map((type) => [RecordType[type], type]))

/** Looks for the records of a canary in the log of one MDT, chunk by chunk. */
export class CanarySightings {
  readonly #missing: Set<string>
  /** Object number of each FID: it tells almost every other record apart at once. */
  readonly #hints: ReadonlySet<number>

  constructor(private readonly canary: CanaryMdt) {
    this.#missing = new Set(canary.expected.map(({ type, fid }) => keyOf(type, fid)))
    const fids = packFids(canary.expected.map(({ fid }) => fid))
    const view = new DataView(fids.buffer, fids.byteOffset, fids.byteLength)
    this.#hints = new Set(canary.expected.map((_, index) => hintAt(view, index * 16)))
  }

  get isComplete(): boolean {
    return this.#missing.size === 0
  }

  /** `chunk` holds whole packed records. */
  look(chunk: Uint8Array): void {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    for (let at = 0; at < chunk.byteLength && !this.isComplete; at += recordLength(view, at)) {
      const type = TYPE_NAMES.get(view.getUint32(at + OFFSET.type, true))
      if (type === undefined) continue
      const flags = view.getUint16(at + OFFSET.flags, true)
      if ((type === 'OPEN' || type === 'CLOSE') && !(flags & OPEN_WRITES)) continue
      if (type === 'RENME' && !(flags & EXTENSION.rename)) continue
      // A rename names what it moved as its source.
      const fid = type === 'RENME' ? at + RECORD_FIXED_BYTES : at + OFFSET.tfid
      if (this.#hints.has(hintAt(view, fid))) this.#missing.delete(keyOf(type, fidAt(chunk.subarray(fid, fid + 16), 0)))
    }
  }

  /** null when all are there. */
  missing(): CanaryMissing | null {
    if (this.isComplete) return null
    const { mdt, expected } = this.canary
    const missing = expected.filter(({ type, fid }) => this.#missing.has(keyOf(type, fid)))
    const types = CANARY_TYPES.filter((type) => missing.some((record) => record.type === type))
    return { mdt, types, isAll: types.length === new Set(expected.map(({ type }) => type)).size }
  }
}

function keyOf(type: CanaryType, fid: string): string {
  return `${type} ${fid}`
}

function hintAt(view: DataView, at: number): number {
  return view.getUint32(at + 8, true)
}
