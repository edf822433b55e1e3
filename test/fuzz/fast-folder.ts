import { accessSync, constants } from 'node:fs'
import { tmpdir } from 'node:os'

/** Memory, where there is some that can hold a file system. */
export function fastFolder(): string {
  try {
    accessSync('/dev/shm', constants.W_OK)
    return '/dev/shm'
  } catch {
    return tmpdir()
  }
}
