import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Sends a signal to every process of a group; a group that is gone already is no error. */
export function signalGroup(leaderPid: number, signal: NodeJS.Signals): void {
  signalProcess(-leaderPid, signal)
}

/** Sends a signal to a process; one that is gone already is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Kills a process, its children, their children and so on, and what else is in their groups: each program that this software starts leads one. */
export function killWithChildren(pid: number): void {
  const children = descendantsOf(pid)
  // Who is killed first cannot do anything about what happens to the others.
  if (pid !== process.pid) signalProcess(pid, 'SIGKILL')
  for (const child of children) {
    signalGroup(child, 'SIGKILL')
    signalProcess(child, 'SIGKILL')
  }
  if (pid === process.pid) signalProcess(pid, 'SIGKILL')
}

/** Children of a process, their children, and so on. */
export function descendantsOf(pid: number): number[] {
  const parents = new Map(processIds().map((child) => [child, parentOf(child)]))
  const found = [pid]
  for (const one of found) for (const [child, parent] of parents) if (parent === one) found.push(child)
  return found.slice(1)
}

/** Ids of all processes of this host. */
export function processIds(): number[] {
  return readdirSync('/proc').flatMap((name) => (/^[0-9]+$/.test(name) ? [Number(name)] : []))
}

/** The words that a process was started with; none when it is gone. */
export function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').slice(0, -1)
  } catch {
    return []
  }
}

/** The folder that a process works in; empty when it is gone. */
export function workingFolderOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return ''
  }
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return null
  }
}
