import { spawnSync } from 'node:child_process'
import { writeSync } from 'node:fs'
import { realProgram } from '../real-program.js'
import type { Lustresim } from '../sim.js'

/** What a stand-in program gets: the simulator, its arguments, and where its output goes. */
export interface ShimContext {
  readonly sim: Lustresim
  readonly args: readonly string[]
  readonly out: (text: string | Buffer) => void
  readonly err: (text: string) => void
  /** Has the system's own program of this name do it; gives its exit code. */
  readonly passOn: (name: string, args: readonly string[]) => number
}

export function processContext(sim: Lustresim, args: readonly string[]): ShimContext {
  const passOn: ShimContext['passOn'] = (name, rest) => spawnSync(realProgram(name), rest, { stdio: 'inherit' }).status ?? 1
  return { sim, args, out: (text) => write(1, text), err: (text) => write(2, text), passOn }
}

/** For those whose output goes elsewhere than to this process's own. */
export function collectingContext(sim: Lustresim, args: readonly string[], { out, err }: Pick<ShimContext, 'out' | 'err'>): ShimContext {
  const passOn: ShimContext['passOn'] = (name, rest) => {
    const { status, stdout, stderr } = spawnSync(realProgram(name), rest)
    out(stdout)
    err(stderr.toString())
    return status ?? 1
  }
  return { sim, args, out, err, passOn }
}

/** Whole, and in order, also into a pipe whose reader is slow. */
function write(fd: number, text: string | Buffer): void {
  const bytes = Buffer.from(text)
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}

/** Names for the few error numbers that the tools print. */
const ERRNO_TEXT: Readonly<Record<number, string>> = {
  2: 'No such file or directory',
  5: 'Input/output error',
  16: 'Device or resource busy',
  19: 'No such device',
  22: 'Invalid argument',
  30: 'Read-only file system',
  61: 'No data available',
}

export const errnoText = (number: number) => ERRNO_TEXT[number] ?? `Unknown error ${number}`
