import { spawn } from 'node:child_process'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** A step that failed for a reason the person can act on. */
export class StepError extends Error {
  name = 'StepError'
  constructor(message, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Runs a program in the checkout with this terminal; gives its exit code. */
export function runInherited(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', ...options })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)))
  })
}

/**
 * Runs a script of this folder in a process of its own while no other locked one of this checkout runs; gives its exit code.
 * The lock is the kernel's (flock), so a killed run leaves none behind.
 */
export function runLocked(script, args) {
  const flock = findProgram('flock')
  if (flock === null) return runInherited(process.execPath, [script, ...args])
  mkdirSync(join(ROOT, 'build'), { recursive: true })
  // -o: the children must not inherit the lock, or a daemon that one of them leaves would keep it.
  return runInherited(flock, ['-o', join(ROOT, 'build', 'bootstrap.lock'), process.execPath, script, ...args])
}

/** Shows why a step failed and gives the exit code. A failed step says itself what went wrong; anything else is a bug and shows where. */
export function reportFailure(error) {
  console.error(error.name === 'StepError' ? `\nlustrebackup: ${error.message}` : error)
  return error.exitCode ?? 1
}

/** Runs a program silently; only when it fails its output is shown and a `StepError` thrown that begins with `what`. */
export function runQuiet(what, command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const output = []
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], ...options })
    child.stdout.on('data', (chunk) => output.push(chunk))
    child.stderr.on('data', (chunk) => output.push(chunk))
    child.on('error', (error) => reject(new StepError(`${what} failed: ${error.message}`)))
    child.on('close', (code) => {
      if (code === 0) return resolve()
      process.stderr.write(Buffer.concat(output))
      reject(new StepError(`${what} failed: ${[command, ...args].join(' ')} ended with ${code}`))
    })
  })
}

/** Path of a program; null when it is not there. Looks into the sbin folders too, which an ordinary user's PATH lacks. */
export function findProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'].filter((folder) => folder !== '')
  for (const path of name.includes('/') ? [name] : folders.map((folder) => join(folder, name))) {
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // not in this folder
    }
  }
  return null
}
