import { inflateSync } from 'node:zlib'

export interface Picture {
  readonly width: number
  readonly height: number
  /** `#rrggbb` */
  colourAt(x: number, y: number): string
}

const SIGNATURE_BYTES = 8
/** Bytes a pixel of the colour types that browsers write: RGB and RGBA. */
const PIXEL_BYTES: Readonly<Record<number, number>> = { 2: 3, 6: 4 }

/** Reads a PNG of eight bits a channel that is not interlaced. */
export function readPng(file: Buffer): Picture {
  const data: Buffer[] = []
  for (let at = SIGNATURE_BYTES; at < file.length; at += 12 + file.readUInt32BE(at)) {
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT') data.push(file.subarray(at + 8, at + 8 + file.readUInt32BE(at)))
  }
  const [width, height, pixel] = [file.readUInt32BE(16), file.readUInt32BE(20), PIXEL_BYTES[file[25]!]]
  if (file[24] !== 8 || pixel === undefined) throw new Error('this kind of PNG cannot be read')
  const pixels = unfilter(inflateSync(Buffer.concat(data)), width * pixel, height, pixel)
  return { width, height, colourAt: (x, y) => `#${pixels.toString('hex', (y * width + x) * pixel, (y * width + x) * pixel + 3)}` }
}

/** Each line has its own filter: what is stored is the difference from a neighbour. */
function unfilter(raw: Buffer, stride: number, height: number, pixel: number): Buffer {
  const out = Buffer.alloc(stride * height)
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (stride + 1)]!
    for (let x = 0; x < stride; x += 1) {
      const here = y * stride + x
      const left = x >= pixel ? out[here - pixel]! : 0
      const up = y > 0 ? out[here - stride]! : 0
      const corner = x >= pixel && y > 0 ? out[here - stride - pixel]! : 0
      out[here] = raw[y * (stride + 1) + 1 + x]! + predicted(filter, left, up, corner)
    }
  }
  return out
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 0) return 0
  if (filter === 1) return left
  if (filter === 2) return up
  if (filter === 3) return (left + up) >> 1
  const [byLeft, byUp, byCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)]
  if (byLeft <= byUp && byLeft <= byCorner) return left
  return byUp <= byCorner ? up : corner
}
