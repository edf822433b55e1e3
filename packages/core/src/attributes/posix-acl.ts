/** Raw POSIX ACLs, the values of `system.posix_acl_access` and `system.posix_acl_default`: a version, then (tag, permissions, id) of 8 bytes each. */
export const ACCESS_ACL = 'system.posix_acl_access'
export const DEFAULT_ACL = 'system.posix_acl_default'

const HEADER_BYTES = 4
const ENTRY_BYTES = 8
const USER = 0x02
const GROUP = 0x08

/**
 * Whether two ACLs mean the same: the order of entries, and ids where no id belongs, mean nothing.
 * An access ACL of only owner, group and others says what the mode says already: it is the same as none.
 */
export function sameAcl(a: Buffer | null, b: Buffer | null, kind: 'access' | 'default'): boolean {
  return normalized(a, kind) === normalized(b, kind)
}

function normalized(acl: Buffer | null, kind: 'access' | 'default'): string {
  if (acl === null) return ''
  if (acl.length < HEADER_BYTES || (acl.length - HEADER_BYTES) % ENTRY_BYTES !== 0) return `raw ${acl.toString('hex')}`
  const entries: string[] = []
  let named = false
  for (let at = HEADER_BYTES; at < acl.length; at += ENTRY_BYTES) {
    const tag = acl.readUInt16LE(at)
    const hasId = tag === USER || tag === GROUP
    named ||= hasId || tag === MASK
    entries.push(`${tag} ${acl.readUInt16LE(at + 2)} ${hasId ? acl.readUInt32LE(at + 4) : ''}`)
  }
  return kind === 'access' && !named ? '' : entries.toSorted().join(',')
}

const MASK = 0x10
const TAG_WORDS: Readonly<Record<number, string>> = {
  1: 'user:',
  [USER]: 'user:',
  4: 'group:',
  [GROUP]: 'group:',
  [MASK]: 'mask:',
  32: 'other:',
}

/** An ACL in the short form of getfacl, such as `user::rw-,user:1001:rwx,group::r--,mask::rwx,other::---`. */
export function aclText(acl: Buffer | null): string {
  if (acl === null) return 'none'
  if (acl.length < HEADER_BYTES || (acl.length - HEADER_BYTES) % ENTRY_BYTES !== 0) return `raw ${acl.toString('hex')}`
  const entries: string[] = []
  for (let at = HEADER_BYTES; at < acl.length; at += ENTRY_BYTES) {
    const [tag, permissions] = [acl.readUInt16LE(at), acl.readUInt16LE(at + 2)]
    const id = tag === USER || tag === GROUP ? acl.readUInt32LE(at + 4) : ''
    const letters = `${permissions & 4 ? 'r' : '-'}${permissions & 2 ? 'w' : '-'}${permissions & 1 ? 'x' : '-'}`
    entries.push(`${TAG_WORDS[tag] ?? `${tag}:`}${id}:${letters}`)
  }
  return entries.join(',')
}
