import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { simPaths } from './layout.js'
import { SHIM_CLIENT } from './tool.js'

/** The programs of a Lustre node that the simulator stands in for. */
export const TOOLS = ['lctl', 'lfs', 'mount', 'umount', 'findmnt'] as const
const SNAPSHOT_ACTIONS = ['create', 'list', 'mount', 'umount', 'destroy'] as const

/** The shims run from the build, whether or not the caller does. */
const MAIN = fileURLToPath(new URL('../dist/shim/main.js', import.meta.url))

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

/** Writes the wrappers: node, program and simulator are baked in, so that they work under sshd with an empty environment. */
export function writeWrappers(root: string, bin: string): void {
  mkdirSync(bin, { recursive: true })
  const write = (name: string, ...words: readonly string[]) => {
    const missing = `lustresim: ${MAIN} is missing: build the package first (tsc -b packages/lustresim)`
    const lines = [
      '#!/bin/sh',
      `[ -f ${quote(MAIN)} ] || { echo ${quote(missing)} >&2; exit 127; }`,
      `exec ${[SHIM_CLIENT, simPaths(root).socket, process.execPath, MAIN, root, ...words].map(quote).join(' ')} "$@"`,
    ]
    writeFileSync(join(bin, name), `${lines.join('\n')}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  for (const tool of TOOLS) write(tool, tool)
  for (const action of SNAPSHOT_ACTIONS) write(`lctl_snapshot_${action}.sh`, 'lctl', `snapshot_${action}`)
  write('lustre', 'lustre')
}
