import { errnoName } from '@lustrebackup/lustreapi/errno'

/** A lookup that failed for another reason than that there is nothing: nothing may be concluded from it. */
export class LookupFailure {
  constructor(
    readonly operation: string,
    readonly errno: number,
  ) {}

  toString(): string {
    return `${this.operation}: ${errnoName(this.errno)}`
  }
}

const ENOENT = 2
const ENOTDIR = 20
const ENAMETOOLONG = 36
const ELOOP = 40
const ENODATA = 61
const EOVERFLOW = 75
const EOPNOTSUPP = 95

/** A path that leads to nothing in this snapshot. */
export function isAbsent(errno: number): boolean {
  return errno === ENOENT || errno === ENOTDIR || errno === ELOOP
}

/** A path that is longer than any call can take: mdd_path gives EOVERFLOW, the client ENAMETOOLONG. */
export function isPathTooLong(errno: number): boolean {
  return errno === ENAMETOOLONG || errno === EOVERFLOW
}

/** An extended attribute that an entry does not have or cannot have. */
export function isNoXattr(errno: number): boolean {
  return errno === ENODATA || errno === EOPNOTSUPP
}
