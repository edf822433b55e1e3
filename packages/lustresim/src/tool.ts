import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The native part, whether this runs from src or from dist. */
export const LIBRARY = fileURLToPath(new URL('../build/liblustreapi.so.1', import.meta.url))
export const SHIM_CLIENT = fileURLToPath(new URL('../build/shim-client', import.meta.url))
const SIMTOOL = fileURLToPath(new URL('../build/simtool', import.meta.url))
const BUILD = fileURLToPath(new URL('../native/build.mjs', import.meta.url))

/** Compiles the native part where that has not happened yet. */
export function ensureNativeBuild(): void {
  if (![LIBRARY, SIMTOOL, SHIM_CLIENT].every((path) => existsSync(path))) run(process.execPath, [BUILD])
}

/** Runs the helper. Buffers are paths, names and values: they cross in hex, because an argument of a child is always UTF-8. */
export function simtool(command: string, ...args: readonly (Buffer | string)[]): void {
  run(SIMTOOL, [command, ...args.map((arg) => (typeof arg === 'string' ? arg : arg.toString('hex')))])
}

/** Runs a program to its end; what it says on stderr becomes the error. */
export function run(file: string, args: readonly string[]): void {
  const result = spawnSync(file, args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' })
  if (result.error) throw new Error(`lustresim: cannot run ${file}: ${result.error.message}`, { cause: result.error })
  if (result.status !== 0) throw new Error(`lustresim: ${file} ${args[0] ?? ''} failed (exit ${result.status}): ${result.stderr.trim()}`)
}
