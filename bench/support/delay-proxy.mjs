import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const SOURCE = join(import.meta.dirname, 'delay-proxy.c')

/** Compiles the proxy into `folder`. */
export function buildDelayProxy(folder) {
  const program = join(folder, 'delay-proxy')
  execFileSync('cc', ['-O2', '-Wall', '-pthread', '-o', program, SOURCE])
  return program
}

/** A port that leads to another one and holds every byte back for half of `roundTripMs` in each direction, whatever the throughput. */
export async function startDelayProxy(program, targetPort, roundTripMs) {
  const child = spawn(program, [String(targetPort), String(roundTripMs / 2)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  process.once('exit', () => child.kill())
  const port = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(Number(line)))
    child.once('error', reject)
    void ended.then((exitCode) => reject(new Error(`the proxy ended with exit code ${exitCode}`)))
  })
  return {
    port,
    close: () => {
      child.kill()
      return ended
    },
  }
}
