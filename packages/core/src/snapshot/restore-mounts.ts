import { processStartTicks } from '../state/lock-holder.js'

const POSTFIX = /^restore-([0-9]{1,10})-([0-9]{1,20})$/

/** Postfix of the mount of a snapshot that a restore reads: its process and start time, by which it is seen to be over. */
export function restorePostfix({ pid, startTicks }: { readonly pid: number; readonly startTicks: string }): string {
  return `restore-${pid}-${startTicks}`
}

/** What became of the restore that mounted a snapshot under this postfix; null for any other postfix. */
export function restoreState(postfix: string): 'running' | 'over' | null {
  const match = POSTFIX.exec(postfix)
  if (match === null) return null
  return processStartTicks(Number(match[1])) === match[2] ? 'running' : 'over'
}
