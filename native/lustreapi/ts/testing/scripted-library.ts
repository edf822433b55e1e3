import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FID_BYTES } from '../binding.js'

export interface ScriptedLibrary extends Disposable {
  readonly path: string
  readonly folder: string
}

/** The mount point that the scripted library knows. */
export const SCRIPTED_MOUNT = '/mnt/scripted'

/** What fid2path of the scripted library does for a FID with this sequence. */
export const script = {
  links: 1,
  secondGone: 2,
  removed: 3,
  error: 4,
  errorAtSecond: 5,
  root: 6,
  slash: 7,
  together: 8,
  endless: 9,
  firstLong: 10,
  allLong: 11,
} as const

/** Compiles `fixtures/scripted-lustreapi.c` with the system's C compiler; `-DWITH_AT` adds llapi_fid2path_at. */
export function compileScriptedLibrary(options: readonly string[] = []): ScriptedLibrary {
  const folder = mkdtempSync(join(tmpdir(), 'scripted-lustreapi-'))
  const path = join(folder, 'liblustreapi.so.1')
  const source = fileURLToPath(new URL('../../fixtures/scripted-lustreapi.c', import.meta.url))
  execFileSync(process.env.CC ?? 'cc', ['-shared', '-fPIC', '-pthread', '-O1', '-Wall', ...options, '-o', path, source])
  return { path, folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}

/** FIDs as on the wire. */
export function packFids(fids: readonly (readonly [seq: number, oid: number])[]): Uint8Array {
  const bytes = Buffer.alloc(fids.length * FID_BYTES)
  for (const [index, [seq, oid]] of fids.entries()) {
    bytes.writeBigUInt64LE(BigInt(seq), index * FID_BYTES)
    bytes.writeUInt32LE(oid, index * FID_BYTES + 8)
  }
  return bytes
}
