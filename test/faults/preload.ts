import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A call that fails on files whose path holds a word. */
export interface Fault {
  readonly call: 'open' | 'read' | 'write'
  readonly path: string
  readonly errno: number
}

/** Compiles the library that makes calls fail; gives its path. */
export function buildFaultLibrary(folder: string): string {
  const library = join(folder, 'fault.so')
  const source = fileURLToPath(new URL('fault.c', import.meta.url))
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'])
  return library
}

/** Lines of shell after which a program meets the fault. */
export function withFault(library: string, { call, path, errno }: Fault): string {
  return `export LD_PRELOAD='${library}' FAULT_CALL='${call}' FAULT_PATH='${path}' FAULT_ERRNO=${errno}`
}
