const SEQUENCE_DIGITS = 16
const WORD_DIGITS = 8
const OPEN = 0x5b
const CLOSE = 0x5d
const COLON = 0x3a
const ZERO = 0x30
const NINE = 0x39
const SMALL_A = 0x61
const SMALL_F = 0x66
const SMALL_X = 0x78

/** The index behind `text`, where `line` has it at `at`; otherwise -1, as for an `at` of -1. */
export function scanText(line: Buffer, at: number, text: Buffer): number {
  if (at === -1) return -1
  for (let index = 0; index < text.length; index += 1) if (line[at + index] !== text[index]) return -1
  return at + text.length
}

/** The index behind a FID in the only form that `parseFid` takes, otherwise -1. */
export function scanFid(line: Buffer, at: number): number {
  if (at === -1 || line[at] !== OPEN) return -1
  const sequence = scanHex(line, at + 1, SEQUENCE_DIGITS)
  const object = scanNextHex(line, sequence)
  const version = scanNextHex(line, object)
  return version !== -1 && line[version] === CLOSE ? version + 1 : -1
}

function scanNextHex(line: Buffer, at: number): number {
  return at !== -1 && line[at] === COLON ? scanHex(line, at + 1, WORD_DIGITS) : -1
}

/** Without leading zeros. */
function scanHex(line: Buffer, at: number, digitsMax: number): number {
  if (line[at] !== ZERO || line[at + 1] !== SMALL_X) return -1
  const start = at + 2
  let end = start
  while (isHexDigit(line[end]!)) end += 1
  const digits = end - start
  if (digits === 0 || digits > digitsMax || (line[start] === ZERO && digits > 1)) return -1
  return end
}

function isHexDigit(byte: number): boolean {
  return (byte >= ZERO && byte <= NINE) || (byte >= SMALL_A && byte <= SMALL_F)
}
