import type { RemoteWord } from '../ssh/remote-port.js'

/** What is asked of the MGS. */
export type SnapshotCommand =
  | { readonly kind: 'create'; readonly name: string; readonly comment: string; readonly barrierSeconds: number }
  | { readonly kind: 'list' }
  /** One snapshot with its pieces. */
  | { readonly kind: 'detail'; readonly name: string }
  | { readonly kind: 'mount'; readonly name: string }
  | { readonly kind: 'umount'; readonly name: string }
  | { readonly kind: 'destroy'; readonly name: string; readonly force: boolean }

/**
 * The words of the command. `wrapper`: `lctl_snapshot_ACTION.sh`, which keeps an ldev.conf for each snapshot and knows neither barrier
 * times nor anything but -F, -n, -c, -d and -f. `lctl`: `lctl snapshot_ACTION`.
 */
export function snapshotWords(command: SnapshotCommand, fsname: string, commands: 'wrapper' | 'lctl'): RemoteWord[] {
  const action = command.kind === 'detail' ? 'list' : command.kind
  const program = commands === 'wrapper' ? [`lctl_snapshot_${action}.sh`] : ['lctl', `snapshot_${action}`]
  return [...program, '-F', fsname, ...optionsOf(command, commands)]
}

function optionsOf(command: SnapshotCommand, commands: 'wrapper' | 'lctl'): RemoteWord[] {
  switch (command.kind) {
    case 'list':
      return []
    case 'detail':
      return ['-n', command.name, '-d']
    case 'mount':
    case 'umount':
      return ['-n', command.name]
    case 'destroy':
      return ['-n', command.name, ...(command.force ? ['-f'] : [])]
    case 'create': {
      const comment: RemoteWord[] = command.comment === '' ? [] : ['-c', { quoted: command.comment }]
      return ['-n', command.name, ...comment, ...(commands === 'lctl' ? ['-t', String(command.barrierSeconds)] : [])]
    }
  }
}

/** How long each may take: far longer than seen, but not for ever. */
export const SNAPSHOT_TIMEOUT_SECONDS: Readonly<Record<SnapshotCommand['kind'], number>> = {
  create: 900,
  list: 900,
  detail: 300,
  mount: 900,
  umount: 600,
  destroy: 900,
}
