/** Changelog record types, by Lustre's names and numbers. */
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

export type RecordTypeName = keyof typeof RecordType

const NAMES = Object.keys(RecordType) as RecordTypeName[]

export function recordTypeName(type: number): string {
  return NAMES[type] ?? `T${type}`
}

/** The mask of the seed's README; OPEN is what makes reads and open writers visible. */
export const DEFAULT_MASK: readonly RecordTypeName[] =
  'MARK CREAT MKDIR HLINK SLINK MKNOD UNLNK RMDIR RENME RNMTO OPEN CLOSE LYOUT TRUNC SATTR XATTR HSM MTIME CTIME MIGRT FLRW RESYNC'.split(
    ' ',
  ) as RecordTypeName[]

/** High bits of a record's flags: which extensions follow. */
export const CLF_VERSION = 0x1000
export const CLF_RENAME = 0x2000
export const CLF_JOBID = 0x4000
export const CLF_EXTRA = 0x8000

/** Low bits of OPEN and CLOSE. CREATED is in OPEN only: this very open made the file. */
export const OpenFlag = {
  READ: 0x1,
  WRITE: 0x2,
  EXEC: 0x4,
  CREATED: 0x8,
  CREAT: 0x40,
  EXCL: 0x80,
  TRUNC: 0x200,
  APPEND: 0x400,
} as const

/** Low bits of SATTR, TRUNC and MTIME: which attributes changed. */
export const AttributeFlag = {
  ATIME: 0x1,
  MTIME: 0x2,
  CTIME: 0x4,
  SIZE: 0x8,
  MODE: 0x10,
  UID: 0x20,
  GID: 0x40,
  BLOCKS: 0x80,
  FLAGS: 0x200,
} as const

/** UNLNK, RMDIR and RENME: the last link of the (replaced) object is gone; UNLNK: it still has an archived copy. */
export const LAST_LINK = 0x1
export const HSM_COPY_EXISTS = 0x2

/** HSM records: the event is in bits 7 to 9. */
export const HsmEvent = { ARCHIVE: 0, RESTORE: 1, CANCEL: 2, RELEASE: 3, REMOVE: 4, STATE: 5 } as const

export const HsmState = { EXISTS: 0x1, DIRTY: 0x2, RELEASED: 0x4, ARCHIVED: 0x8, NORELEASE: 0x10, NOARCHIVE: 0x20, LOST: 0x40 } as const
