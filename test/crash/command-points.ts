import type { CrashPointName } from '@lustrebackup/core/crash/crash-point-names'

/** Points that only the installed commands pass: what they do before and after the runs, and what the quick site does without. */
export const COMMAND_POINTS: readonly CrashPointName[] = [
  'lock.written',
  'lock.linked',
  'lock.taken',
  'ssh.connected',
  'ssh.opened',
  'ssh.ended',
  'system-ssh.started',
  'snapshot-record.removed',
  'snapshot-record.rebuilt',
  'verified.forgotten',
  'mount-point.made',
  'mount-point.removed',
  'stale-mount.removed',
  'canary.filled',
  'canary.changed',
  'canary.removed',
  'canary.forgotten',
]
