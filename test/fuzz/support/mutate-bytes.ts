import type { Random } from './random.js'

const REPEAT_MAX = 2000

/** Pieces that parsers have had trouble with, in files and on the wire. */
const ODD_PIECES: readonly Buffer[] = [
  ...[
    '',
    '\0',
    '\n',
    '\r\n',
    '/',
    '..',
    '../',
    '/..',
    './',
    '//',
    '%',
    '%00',
    '%2e%2e',
    '"',
    '\\',
    '\\u0000',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
  ],
  ...['null', '-1', '1e309', '9007199254740993', '18446744073709551616', '[0x0:0x0:0x0]', '\ufeff', '\u202e', '\x1b[2J', '__proto__'],
].map((text) => Buffer.from(text))
const ODD_BYTES: readonly Buffer[] = [
  ...['ff', '80', 'c0af', 'eda080', 'f4908080', '00000000', 'ffffffff', '00000080', 'ffffff7f', 'ffffffffffffffff', '0000000000000080'],
].map((hex) => Buffer.from(hex, 'hex'))

/** One small change of some bytes; `others` lend pieces of theirs. */
export function mutateBytes(input: Buffer, others: readonly Buffer[], random: Random): Buffer {
  const at = random.below(input.length + 1)
  const end = Math.min(input.length, at + 1 + random.below(random.oneIn(4) ? input.length + 1 : 8))
  const replace = (piece: Buffer, until = end) => Buffer.concat([input.subarray(0, at), piece, input.subarray(until)])
  switch (random.below(9)) {
    case 0:
      return flipBit(input, random)
    case 1:
      return replace(random.bytes(1 + random.below(4)), Math.min(input.length, at + 1))
    case 2:
      return replace(random.pick(ODD_PIECES), random.oneIn(2) ? at : end)
    case 3:
      return replace(random.pick(ODD_BYTES), Math.min(input.length, random.oneIn(2) ? at : end))
    case 4:
      return replace(Buffer.alloc(0))
    case 5:
      return input.subarray(0, at)
    case 6:
      return replace(
        Buffer.concat(Array.from({ length: 1 + random.below(random.oneIn(8) ? REPEAT_MAX : 3) }, () => input.subarray(at, end))),
      )
    case 7:
      return replace(pieceOf(random.pick(others), random), random.oneIn(2) ? at : end)
    default:
      return Buffer.concat([input.subarray(end), input.subarray(at, end), input.subarray(0, at)])
  }
}

function flipBit(input: Buffer, random: Random): Buffer {
  const copy = Buffer.from(input)
  if (copy.length > 0) copy[random.below(copy.length)]! ^= 1 << random.below(8)
  return copy
}

function pieceOf(bytes: Buffer, random: Random): Buffer {
  const from = random.below(bytes.length + 1)
  return bytes.subarray(from, from + random.below(bytes.length - from + 1))
}
