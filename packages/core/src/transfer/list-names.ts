/** rsync reads lists in pieces of 2048 bytes. Since 3.2.5 it loses what it knows of a name that lies in three of them, and then refuses the whole list. */
const LONG_NAME_BYTES = 2000
/** Two pieces: names of exactly this length never lie in three. It is also the longest that rsync takes, with its zero byte. */
const PADDED_BYTES = 4096

export function isLongName(path: Buffer): boolean {
  return path.length > LONG_NAME_BYTES
}

/** As it stands in a list. Begins with `./`: rsync takes lines with `#` or `;` at the begin for comments. */
export function listedName(path: Buffer): Buffer {
  return Buffer.concat([Buffer.from('./'), path, Buffer.of(0)])
}

/** As it stands in a list of long names: filled up from the front by what means nothing in a path. */
export function paddedName(path: Buffer): Buffer {
  const room = PADDED_BYTES - 1 - path.length
  if (room < 2) return listedName(path)
  const padding = './'.repeat(Math.floor(room / 2)) + (room % 2 === 1 ? '/' : '')
  return Buffer.concat([Buffer.from(padding), path, Buffer.of(0)])
}
