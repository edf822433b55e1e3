import { EXIT, LustrebackupError } from '../errors/errors.js'
import { SSH_OPTIONS } from '../ssh/ssh-options.js'
import type { RsyncKind, RsyncSettings } from './transfer-types.js'

/** What Lustre keeps in extended attributes for itself: it describes one file system's objects and must not reach another. */
export const INTERNAL_XATTRS = [
  'trusted.lov',
  'trusted.lma',
  'trusted.lmv',
  'trusted.dmv',
  'trusted.link',
  'trusted.hsm',
  'trusted.som',
  'trusted.fid',
  'trusted.version',
  'lustre.*',
] as const

const EXACT = ['--no-recursive', '--no-implied-dirs', '--numeric-ids', '--modify-window=-1'] as const
const EVERYTHING = ['-lptgoDHAXS', ...EXACT] as const

/** docs/formats/remote-commands.md says what the source is asked to run for each kind. */
const KIND_OPTIONS: Readonly<Record<RsyncKind, readonly string[]>> = {
  // What is listed is known to differ, whatever size and time say. The inode stays, and with it hard links and unchanged blocks.
  // Where folders may come, rsync holds what it asked for against twice as many patterns.
  data: [...EVERYTHING, '--no-dirs', '--inplace', '--ignore-times', ...keepOut()],
  // Whole: what is on the target is not compared. Together with -S that would be slower than without either.
  'small files': ['-lptgoDHAXW', ...EXACT, '--no-dirs', '--inplace', '--ignore-times', ...keepOut()],
  // Only sizes could cause a transfer, and they have been compared before.
  attributes: [...EVERYTHING, '--dirs', '--size-only', ...keepOut()],
  // Naming the root lists what is in it: all of that is excluded again.
  root: [...EVERYTHING, '--dirs', '--size-only', '--exclude=/*', ...keepOut()],
  map: ['-t', '--no-recursive'],
}

/**
 * For rsync and the ssh that it starts. While rsync does not take what comes, ssh copies all of it, up to 2 MiB, into a larger piece of memory with each
 * packet; a piece that goes back to the system each time, and comes from it again page by page, costs more than the encryption. With these glibc
 * keeps it (mallopt(3)); another C library does not know them.
 */
export const RSYNC_ENVIRONMENT: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: String(32 * 1024 ** 2),
  MALLOC_TRIM_THRESHOLD_: String(64 * 1024 ** 2),
  MALLOC_TOP_PAD_: String(1024 ** 2),
}

/** Arguments of the rsync that pulls one list. */
export function planRsync(kind: RsyncKind, settings: RsyncSettings, listFile: string): string[] {
  const { host, remoteFolder, localFolder } = settings
  return [
    ...KIND_OPTIONS[kind],
    '--stats',
    '--no-human-readable',
    `--files-from=${listFile}`,
    '--from0',
    '-e',
    planSsh(settings.sshConfig),
    `${safeWord('host', host)}:${safeWord('path on the source', remoteFolder)}/`,
    `${localFolder}/`,
  ]
}

/** rsync splits this at blanks itself. */
function planSsh(sshConfig: string): string {
  return ['ssh', ...SSH_OPTIONS, ...(sshConfig === '' ? [] : ['-F', safeWord('[SYSTEM] ssh_config', sshConfig)])].join(' ')
}

/** Words that no shell and no rsync of any version changes. */
function safeWord(what: string, word: string): string {
  const isHost = what === 'host'
  const pattern = isHost ? /^[A-Za-z0-9_][A-Za-z0-9_.@-]*$/ : /^\/[A-Za-z0-9_./+=,@-]*$/
  if (pattern.test(word)) return word
  throw new LustrebackupError('UNSAFE_WORD', `the ${what} ${JSON.stringify(word)} cannot be passed to rsync and ssh unchanged`, {
    exitCode: EXIT.usage,
    hint: isHost
      ? 'Give the source a plain name in [SOURCE] host; an address with other characters goes into the ssh configuration (HostName).'
      : 'Use absolute paths of letters, digits and _ . / + = , @ - only.',
  })
}

function keepOut(): string[] {
  return INTERNAL_XATTRS.map((name) => `--filter=-x ${name}`)
}
