import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Site } from '@lustrebackup/lustresim/site/site'

const VALIDATOR = 'lustrebackup_ssh_command_validator.sh'

/**
 * Programs of the source as the target reaches them, each behind a script of the test: the forced command passes nothing of the target's
 * environment on, and starts what lies beside it.
 */
export class Doors {
  private constructor(readonly folder: string) {}

  /** Puts the scripts where the target's key leads to. */
  static open({ folder: siteFolder, prefix, source, sshd }: Site): Doors {
    const folder = join(siteFolder, 'doors')
    mkdirSync(folder)
    cpSync(join(prefix, 'bin', VALIDATOR), join(folder, VALIDATOR))
    const commands = readdirSync(join(prefix, 'bin')).filter((name) => name.startsWith('lustrebackup_source_'))
    for (const name of commands) writeDoor(folder, name, join(prefix, 'bin', name))
    writeDoor(folder, 'rsync', '/usr/bin/rsync')
    const keys = join(dirname(sshd.identityFile), 'authorized_keys')
    const command = `command="${join(folder, VALIDATOR)} -c ${source.conf}"`
    writeFileSync(
      keys,
      readFileSync(keys, 'utf8').replace(/command="[^"]*"/, () => command),
    )
    return new Doors(folder)
  }

  /** What LUSTREBACKUP_CRASH_AT is for a command of the source the next time that it is started. */
  crashAt(command: string, order: string): void {
    this.#set(command, `rm '${this.#file(command)}'; export LUSTREBACKUP_CRASH_AT='${order}'`)
  }

  /** A line of shell that is run before a program of the source starts, until it is `null` again. */
  before(program: string, line: string | null): void {
    this.#set(program, line)
  }

  /** Everything starts as it is again. */
  clear(): void {
    for (const name of readdirSync(this.folder)) if (name.endsWith('.before')) rmSync(join(this.folder, name))
  }

  #file(program: string): string {
    return join(this.folder, `${program}.before`)
  }

  #set(program: string, line: string | null): void {
    const file = this.#file(program)
    if (line === null) rmSync(file, { force: true })
    else writeFileSync(file, `${line}\n`)
  }
}

function writeDoor(folder: string, name: string, program: string): void {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\nif [ -f '${path}.before' ]; then . '${path}.before'; fi\nexec '${program}' "$@"\n`)
  chmodSync(path, 0o755)
}
