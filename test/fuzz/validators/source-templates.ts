import { existsSync, lstatSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Judgement } from './resident.js'

/** Options without a value, beside those that all have. */
const FLAGS: Readonly<Record<string, string>> = { init: 'n', filediff: 'ad' }
const NUMBER = /^[0-9]{1,19}$/
const OPTIONS: Readonly<Record<string, string>> = {
  init: '',
  abort: '',
  done: 't',
  verify_init: 't',
  verify_list: 'se',
  filediff: 'boesn',
}
const RSYNC_SHAPES: readonly (readonly [letters: string, options: readonly string[]])[] = [
  ['ADHIRSXglopt', ['--files-from=-', '--from0', '--inplace', '--no-implied-dirs', '--numeric-ids']],
  ['ADHIRWXglopt', ['--files-from=-', '--from0', '--inplace', '--no-implied-dirs', '--numeric-ids']],
  ['ADHRSXdglopt', ['--files-from=-', '--from0', '--no-implied-dirs', '--numeric-ids']],
  ['Rt', ['--files-from=-', '--from0']],
  ['Rt', ['--files-from=-', '--from0', '--no-implied-dirs']],
]

/** Says in words what is wrong with what the forced command of the source would run; null = it is one of the templates. Written without a look at the script. */
export function wrongWithSource({ folder, words }: Judgement, site: string): string | null {
  const [program, ...args] = words.map((word) => word.toString('latin1'))
  if (program === 'rsync') return wrongRsync(args, folder, site)
  if (program === 'scp') return wrongFile(args, ['-f'], folder, site, true)
  if (program === 'stat') return wrongFile(args, ['--'], folder, site, false)
  const command = /^lustrebackup_source_(.+)$/.exec(basename(program!))?.[1] ?? ''
  if (program !== join(site, 'bin', `lustrebackup_source_${command}`)) return 'the program'
  return Object.hasOwn(OPTIONS, command) ? wrongOptions(command, args, site) : 'the command'
}

function wrongOptions(command: string, args: readonly string[], site: string): string | null {
  if (args[0] !== '-c' || args[1] !== join(site, 'conf')) return 'the configuration'
  const seen = new Set<string>()
  for (let at = 2; at < args.length; at += 1) {
    const option = args[at]!
    if (seen.has(option)) return `${option} twice`
    seen.add(option)
    if (/^-[hvV]$/.test(option) || (/^-[a-z]$/.test(option) && FLAGS[command]?.includes(option[1]!))) continue
    at += 1
    const value = args[at] ?? ''
    if (command === 'filediff' && option === '-f') {
      if (!isAllowed(percentDecoded(value), site)) return 'the path'
    } else if (!(/^-[a-z]$/.test(option) && OPTIONS[command]!.includes(option[1]!) && NUMBER.test(value))) return `the option ${option}`
  }
  return null
}

function wrongRsync(args: readonly string[], folder: string, site: string): string | null {
  if (args[0] !== '--server' || args[1] !== '--sender' || args.at(-2) !== '.' || args.at(-1) !== './') return 'the frame'
  const middle = args.slice(2, -2)
  const bundle = middle.find((word) => /^-[A-Za-z]+e\.[A-Za-z]*$/.test(word)) ?? ''
  const letters = [...bundle.slice(1, bundle.indexOf('e.'))].toSorted().join('')
  const options = middle.filter((word) => word !== bundle).toSorted()
  const shape = RSYNC_SHAPES.find(([wanted, names]) => wanted === letters && names.join() === options.join())
  if (shape === undefined) return 'the options'
  const real = `${realpathSync(folder)}/`
  const roots = shape[0] === 'Rt' ? ['meta/backupmap/', 'meta/verify/'] : ['snap/src-backup-1700000000.backup/']
  return roots.some((root) => real.startsWith(join(site, root))) && real !== join(site, 'meta/backupmap/') ? null : 'the folder'
}

function wrongFile(args: readonly string[], first: readonly string[], folder: string, site: string, mustBeFile: boolean): string | null {
  if (args.length !== 2 || args[0] !== first[0] || !/^\.\/[^/]+$/s.test(args[1]!)) return 'the arguments'
  const path = join(folder, args[1]!)
  if (mustBeFile && !(existsSync(path) && lstatSync(path).isFile())) return 'no regular file'
  return isAllowed(Buffer.from(path, 'latin1'), site) ? null : 'the path'
}

/** Really beneath one of the two folders, whatever links there are on the way. */
function isAllowed(path: Buffer, site: string): boolean {
  if (!existsSync(path)) return false
  const real = realpathSync(path)
  return [join(site, 'snap/'), join(site, 'meta/')].some((root) => real.startsWith(root) && real.length > root.length)
}

function percentDecoded(text: string): Buffer {
  return Buffer.from(
    text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
}
