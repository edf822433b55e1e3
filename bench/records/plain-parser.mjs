/** What one would write at first: an object for each record, a string for each FID, and a Map. The baseline. */

const HAS = { rename: 0x2000, jobid: 0x4000, extra: 0x8000 }
const BITS = { namespace: 1, data: 2, meta: 4, created: 8, gone: 16 }
const CREATING = new Set([1, 2, 4, 5])
const REMOVING = new Set([6, 7])

export class PlainReduction {
  touched = new Map()

  add(chunk) {
    for (const record of recordsOf(chunk)) this.#reduce(record)
  }

  #reduce({ type, flags, tfid, pfid, sfid, spfid }) {
    if (type === 10 || type === 11) {
      if (flags & 0x642) this.#touch(tfid, BITS.data)
    } else if (CREATING.has(type)) {
      this.#touch(tfid, BITS.namespace | BITS.created)
      this.#touch(pfid, BITS.meta)
    } else if (REMOVING.has(type)) {
      this.#touch(tfid, BITS.namespace | BITS.meta | (flags & 1 ? BITS.gone : 0))
      this.#touch(pfid, BITS.meta)
    } else if (type === 8) {
      for (const fid of [tfid, sfid]) this.#touch(fid, BITS.namespace)
      for (const fid of [pfid, spfid]) this.#touch(fid, BITS.meta)
    } else if (type === 17) {
      this.#touch(tfid, BITS.data | BITS.meta)
    } else {
      this.#touch(tfid, BITS.meta)
    }
  }

  #touch(fid, bits) {
    this.touched.set(fid, (this.touched.get(fid) ?? 0) | bits)
  }
}

function* recordsOf(chunk) {
  for (let at = 0; at < chunk.length; ) {
    const flags = chunk.readUInt16LE(at + 2)
    const record = {
      type: chunk.readUInt32LE(at + 4),
      flags,
      index: chunk.readBigUInt64LE(at + 8),
      time: chunk.readBigUInt64LE(at + 24),
      tfid: fidAt(chunk, at + 32),
      pfid: fidAt(chunk, at + 48),
      sfid: null,
      spfid: null,
      jobid: null,
      name: '',
    }
    let end = at + 64
    if (flags & HAS.rename) {
      record.sfid = fidAt(chunk, end)
      record.spfid = fidAt(chunk, end + 16)
      end += 32
    }
    if (flags & HAS.jobid) {
      record.jobid = chunk.toString('latin1', end, end + 32)
      end += 32
    }
    if (flags & HAS.extra) {
      const extra = chunk.readUInt32LE(end)
      end += 8 + (extra & 1 ? 16 : 0) + (extra & 2 ? 24 : 0) + (extra & 4 ? 4 : 0)
    }
    const length = chunk.readUInt16LE(at)
    record.name = chunk.toString('latin1', end, end + length)
    at = end + length
    yield record
  }
}

function fidAt(chunk, at) {
  return `[0x${chunk.readBigUInt64LE(at).toString(16)}:0x${chunk.readUInt32LE(at + 8).toString(16)}:0x${chunk.readUInt32LE(at + 12).toString(16)}]`
}
