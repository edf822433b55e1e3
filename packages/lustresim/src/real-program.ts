import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

const SYSTEM_PATH = ['/usr/bin', '/bin', '/usr/sbin', '/sbin']

/** The system's own program of a name that the simulator stands in for. */
export function realProgram(name: string): string {
  const found = SYSTEM_PATH.map((dir) => join(dir, name)).find(isExecutable)
  if (!found) throw new Error(`lustresim: no ${name} in ${SYSTEM_PATH.join(', ')}`)
  return found
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
