import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'

const WAIT_MS = 10_000
const PAUSE_MS = 5
let counter = 0

/**
 * Takes the lock of one file system: a file with the owner's process id, shared with native/lock.c. One left by a dead process is
 * taken over. Waits without turning the event loop, because the engine is synchronous.
 */
export function lock(path: string): () => void {
  const own = `${path}.${process.pid}.${counter++}`
  writeFileSync(own, `${process.pid}\n`)
  try {
    for (let waited = 0; !tryLink(own, path); waited += PAUSE_MS) {
      const owner = ownerOf(path)
      if (owner !== null && !isAlive(owner)) remove(path)
      else if (owner === process.pid || waited >= WAIT_MS) throw new Error(`lustresim: ${path} is held by process ${owner}${advice(owner)}`)
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS)
    }
  } finally {
    remove(own)
  }
  return () => remove(path)
}

function advice(owner: number | null): string {
  return owner === process.pid
    ? ', this one: another Lustresim object of the same folder has operations that it has not flushed'
    : ': it has operations that it has not flushed. Call flush() before running a command that works on the same file system'
}

function tryLink(own: string, path: string): boolean {
  try {
    linkSync(own, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function ownerOf(path: string): number | null {
  try {
    return Number(readFileSync(path, 'latin1'))
  } catch {
    return null
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
