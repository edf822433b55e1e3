import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The server runs from the build, whether or not the caller does. */
const SERVER = fileURLToPath(new URL('../dist/shim/server.js', import.meta.url))

export interface ShimServer {
  close(): Promise<void>
}

/** Starts a process that runs the commands of the simulator in `root`, so that each costs milliseconds. It ends with this process at the latest. */
export async function startShimServer(root: string): Promise<ShimServer> {
  const server = spawn(process.execPath, [SERVER, root], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  await new Promise((resolve, reject) => {
    server.stdout.once('data', resolve)
    server.once('error', reject)
    server.once('exit', (code) => reject(new Error(`lustresim: the server of ${root} ended with exit code ${code}`)))
  })
  const close = () => {
    server.stdin.end()
    return ended
  }
  return { close }
}
