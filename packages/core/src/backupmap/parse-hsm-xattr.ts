/** Where an MDT keeps what it knows of a file in an archive. */
export const HSM_XATTR = 'trusted.hsm'

/** `struct hsm_attrs`, little-endian: compat 32, flags 32, archive id 64, archived data version 64. */
const HSM_ATTRS_BYTES = 24
const ARCHIVED_VERSION_OFFSET = 16

/** The data version that was archived; null when the value does not say. */
export function archiveVersionOf(value: Buffer): bigint | null {
  if (value.length !== HSM_ATTRS_BYTES) return null
  const version = value.readBigUInt64LE(ARCHIVED_VERSION_OFFSET)
  return version === 0n ? null : version
}
