/** Where the fields of a packed changelog record lie; see docs of Lustre's `struct changelog_rec`. All numbers are little-endian. */
export const RECORD_FIXED_BYTES = 64
export const OFFSET = { namelen: 0, flags: 2, type: 4, index: 8, time: 24, tfid: 32, pfid: 48 } as const

/** Bits of `flags` that say which extensions follow the fixed part, in this order. */
export const EXTENSION = { rename: 0x2000, jobid: 0x4000, extra: 0x8000 } as const
export const EXTENSION_BYTES = { rename: 32, jobid: 32, extra: 8 } as const

/** Bits of the extra flags, and what each adds, in this order. */
export const EXTRA = { uidgid: 0x1, nid: 0x2, openMode: 0x4, xattr: 0x8 } as const
export const EXTRA_BYTES = { uidgid: 16, nid: 24, openMode: 4, xattr: 256 } as const

/** Bits of `flags` that depend on the type of the record. */
export const LOW_FLAGS = 0xfff
/** UNLNK, RMDIR: the last link is gone. RENME: the one of the inode that was replaced. */
export const LAST_LINK = 0x1
/** SATTR: the size was set. */
export const SATTR_SIZE = 0x8
/** OPEN, CLOSE: any of WRITE, CREAT, TRUNC, APPEND. What has none of them only reads. */
export const OPEN_WRITES = 0x2 | 0x40 | 0x200 | 0x400
/** OPEN only: this open made the file. The CLOSE that belongs to it does not have it. */
export const OPEN_CREATED = 0x8

export const RecordType = {
  MARK: 0,
  CREAT: 1,
  MKDIR: 2,
  HLINK: 3,
  SLINK: 4,
  MKNOD: 5,
  UNLNK: 6,
  RMDIR: 7,
  RENME: 8,
  RNMTO: 9,
  OPEN: 10,
  CLOSE: 11,
  LYOUT: 12,
  TRUNC: 13,
  SATTR: 14,
  XATTR: 15,
  HSM: 16,
  MTIME: 17,
  CTIME: 18,
  ATIME: 19,
  MIGRT: 20,
  FLRW: 21,
  RESYNC: 22,
  GXATR: 23,
  NOPEN: 24,
} as const
