import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SCRIPTS = dirname(fileURLToPath(import.meta.url))

export interface Ended {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

/** One run of lctl: its words, and the ldev.conf that it saw. */
export interface Call {
  readonly words: readonly string[]
  readonly ldevConf: string
}

/** A folder with the scripts as they are installed, and a stand-in for lctl beside them, where they look first. */
export class MgsSite {
  readonly root = mkdtempSync(join(tmpdir(), 'lustrebackup-mgs-'))
  readonly bin = join(this.root, 'bin')
  readonly ldevConf = join(this.root, 'etc/ldev.conf')
  readonly settings = join(this.root, 'lctl_snapshot.conf')

  private readonly opened: number[] = []
  private readonly started: Started[] = []

  constructor() {
    for (const folder of ['bin', 'etc', 'calls', 'snapshots']) mkdirSync(join(this.root, folder))
    for (const name of readdirSync(SCRIPTS).filter((each) => each.endsWith('.sh'))) cpSync(join(SCRIPTS, name), join(this.bin, name))
    writeFileSync(this.settings, `# of the test\nldev_conf = ${this.ldevConf}\nstate = ${this.root}/state\n`)
    this.setLdevConf('now')
    this.program('lctl', LCTL.replaceAll('ROOT', this.root))
    this.program('logger', `#!/bin/bash\nprintf '%s\\n' "$*" >>${this.root}/syslog\n`)
  }

  /** A program that is found before any other of its name. */
  program(name: string, text: string): void {
    writeFileSync(join(this.bin, name), text)
    chmodSync(join(this.bin, name), 0o755)
  }

  setLdevConf(content: string): void {
    writeFileSync(this.ldevConf, `${content}\n`)
  }

  file(path: string): string | null {
    return existsSync(join(this.root, path)) ? readFileSync(join(this.root, path), 'utf8').trimEnd() : null
  }

  /** What lies beside ldev.conf, without the lock. */
  besideLdevConf(): string[] {
    return readdirSync(join(this.root, 'etc')).filter((name) => name !== 'ldev.conf' && !name.endsWith('.lock'))
  }

  /** Calls of lctl since the last time, in order. */
  calls(): Call[] {
    return readdirSync(join(this.root, 'calls'))
      .toSorted()
      .map((name) => {
        const [words, ldevConf] = readFileSync(join(this.root, 'calls', name), 'utf8').split('\0\0')
        rmSync(join(this.root, 'calls', name))
        return { words: words!.split('\0'), ldevConf: ldevConf!.trimEnd() }
      })
  }

  /** From now on lctl says `started` and waits until `letGo`. A stubborn one ignores SIGTERM meanwhile. */
  hold(stubborn = false): void {
    execFileSync('mkfifo', [join(this.root, 'gate')])
    if (stubborn) writeFileSync(join(this.root, 'stubborn'), '')
  }

  /** Lets every lctl that waits go on. */
  letGo(): void {
    const gate = openSync(join(this.root, 'gate'), constants.O_RDWR)
    this.opened.push(gate)
    rmSync(join(this.root, 'gate'))
    rmSync(join(this.root, 'stubborn'), { force: true })
    writeSync(gate, 'go\n'.repeat(10))
  }

  start(script: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): Started {
    const started = new Started(
      spawn(join(this.bin, script), args, { env: { PATH: '/nowhere', LCTL_SNAPSHOT_CONF: this.settings, ...environment }, cwd: this.root }),
    )
    this.started.push(started)
    return started
  }

  run(action: string, ...args: readonly string[]): Promise<Ended> {
    return this.start(`lctl_snapshot_${action}.sh`, args).ended
  }

  /** Ends what a failed test has left running. */
  remove(): void {
    for (const script of this.started) script.kill('SIGKILL')
    if (existsSync(join(this.root, 'gate'))) this.letGo()
    for (const descriptor of this.opened) closeSync(descriptor)
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** A script that runs. */
export class Started {
  readonly pid: number
  /** Settles when the script has ended, and all that it started. */
  readonly ended: Promise<Ended>
  /** Settles when the script itself has ended. */
  readonly exited: Promise<void>
  /** Settles when lctl waits. */
  readonly lctlStarted: Promise<void>

  constructor(private readonly child: ChildProcessWithoutNullStreams) {
    this.pid = child.pid!
    child.stdin.end()
    let stdout = ''
    let stderr = ''
    child.stderr.on('data', (data: Buffer) => {
      stderr += data.toString()
    })
    this.lctlStarted = new Promise((resolve) => {
      child.stdout.on('data', (data: Buffer) => {
        stdout += data.toString()
        if (stdout.includes('started')) resolve()
      })
    })
    this.exited = new Promise((resolve) => child.once('exit', () => resolve()))
    this.ended = new Promise((resolve) => child.once('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr })))
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }
}

/**
 * Stand-in: notes its words and the ldev.conf it sees, keeps snapshots as empty files, fails as the file `exit` says, and waits at a
 * FIFO `gate` where there is one.
 */
const LCTL = `#!/bin/bash
PATH=/usr/bin:/bin
call=$(printf 'ROOT/calls/%s.%s' "$(date +%s%N)" "$$")
{ printf '%s\\0' "$@"; printf '\\0'; cat ROOT/etc/ldev.conf; } >"$call.new" && mv "$call.new" "$call"
if [ -p ROOT/gate ]; then
  [ ! -e ROOT/stubborn ] || trap '' TERM
  echo started
  read -r <ROOT/gate
fi
[ ! -e ROOT/exit ] || exit "$(cat ROOT/exit)"
while [ $# -gt 0 ]; do case $1 in -n) name=$2 ;; snapshot_*) action=$1 ;; esac; shift; done
case $action in
  snapshot_create) [ ! -e "ROOT/snapshots/$name" ] || { echo "The snapshot $name exists" >&2; exit 17; }; : >"ROOT/snapshots/$name" ;;
  snapshot_destroy) rm "ROOT/snapshots/$name" 2>/dev/null || exit 22 ;;
esac
`
