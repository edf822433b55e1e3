import { rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { simPaths } from '../layout.js'
import { Lustresim } from '../sim.js'
import { collectingContext } from './shim-io.js'
import { runTool } from './tools.js'

const KINDS = { stdout: 1, stderr: 2, exit: 3 } as const

/**
 * `server.js ROOT`: runs the commands of one simulator in this process, which saves starting a Node.js for each (native/shim-client.c asks).
 * Says `ready` on stdout, and ends when its stdin does, which whoever started it holds.
 */
const [root = ''] = process.argv.slice(2)
const { socket } = simPaths(root)
const server = createServer({ allowHalfOpen: true }, serve)
server.listen(socket, () => process.stdout.write('ready\n'))
process.stdin.resume().on('end', () => {
  rmSync(socket, { force: true })
  process.exit(0)
})

function serve(connection: Socket): void {
  const chunks: Buffer[] = []
  connection.on('data', (chunk) => chunks.push(chunk))
  // The caller was killed: nobody waits for the answer.
  connection.on('error', () => connection.destroy())
  connection.on('end', () => {
    const [cwd = '', , , , tool = '', ...args] = Buffer.concat(chunks).toString().split('\0').slice(0, -1)
    void answer(connection, { cwd, tool, args })
  })
}

async function answer(
  connection: Socket,
  request: { readonly cwd: string; readonly tool: string; readonly args: readonly string[] },
): Promise<void> {
  const out = (text: string | Buffer) => void connection.write(frame(KINDS.stdout, Buffer.from(text)))
  const err = (text: string) => void connection.write(frame(KINDS.stderr, Buffer.from(text)))
  let exitCode = 1
  try {
    process.chdir(request.cwd)
    exitCode = await runTool(request.tool, collectingContext(Lustresim.open(root), request.args, { out, err }))
  } catch (error) {
    err(`${(error as Error).stack}\n`)
  }
  connection.end(frame(KINDS.exit, Buffer.of(exitCode)))
}

function frame(kind: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt8(kind)
  head.writeUInt32LE(payload.length, 1)
  return Buffer.concat([head, payload])
}
