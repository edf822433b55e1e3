import { encodeFrame, FRAME } from './codec.js'
import { protocolError } from './filediff-error.js'
import { ATTRIBUTES_BYTES_MAX, type Xattr } from './filediff-types.js'

const HEAD_BYTES = 6

/** Extended attributes sorted by name; null when they do not fit into one message. */
export function encodeAttributes(xattrs: readonly Xattr[]): Buffer | null {
  const parts = xattrs
    .toSorted((a, b) => a.name.compare(b.name))
    .flatMap(({ name, value }) => {
      const head = Buffer.alloc(HEAD_BYTES)
      head.writeUInt16LE(name.length, 0)
      head.writeUInt32LE(value.length, 2)
      return [head, name, value]
    })
  const payload = Buffer.concat(parts)
  return payload.length > ATTRIBUTES_BYTES_MAX ? null : encodeFrame(FRAME.attributes, payload)
}

export function decodeAttributes(payload: Buffer): readonly Xattr[] {
  const xattrs: Xattr[] = []
  for (let at = 0; at < payload.length; ) {
    if (payload.length - at < HEAD_BYTES) throw protocolError('the extended attributes are cut')
    const nameEnd = at + HEAD_BYTES + payload.readUInt16LE(at)
    const valueEnd = nameEnd + payload.readUInt32LE(at + 2)
    if (valueEnd > payload.length || nameEnd === at + HEAD_BYTES) throw protocolError('the extended attributes are cut')
    const name = payload.subarray(at + HEAD_BYTES, nameEnd)
    if (name.includes(0)) throw protocolError('the name of an extended attribute holds a NUL')
    xattrs.push({ name, value: payload.subarray(nameEnd, valueEnd) })
    at = valueEnd
  }
  return xattrs
}
