import { join } from 'node:path'
import type { Judgement } from './resident.js'

const OPTIONS: Readonly<Record<string, string>> = { create: 'Fnctb', list: 'Fnd', mount: 'Fn', umount: 'Fn', destroy: 'Fnf' }
const VALUES: Readonly<Record<string, RegExp>> = {
  F: /^src$/,
  n: /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/,
  c: /^[^\0-\x1f\x7f'"`$\\]{1,1024}$/,
  t: /^[1-9][0-9]{0,3}$/,
  b: /^(on|off)$/,
}

/** The same for the forced command of the MGS. */
export function wrongWithMgs({ words }: Judgement, site: string): string | null {
  const [program, ...args] = words.map((word) => word.toString('latin1'))
  if (program === '/etc/init.d/lustre') return args.join(' ') === 'status MGS' ? null : 'the words'
  const action = Object.keys(OPTIONS).find((name) => program === join(site, 'bin', `lctl_snapshot_${name}.sh`))
  if (action === undefined) return 'the program'
  const seen = new Set<string>()
  for (let at = 0; at < args.length; at += 1) {
    const letter = /^-([A-Za-z])$/.exec(args[at]!)?.[1] ?? ''
    if (letter === '' || !OPTIONS[action]!.includes(letter)) return `the option ${args[at]}`
    if (seen.has(letter)) return `-${letter} twice`
    seen.add(letter)
    if (!Object.hasOwn(VALUES, letter)) continue
    at += 1
    if (!VALUES[letter]!.test(args[at] ?? '')) return `the value of -${letter}`
  }
  return seen.has('F') && (action === 'list' || seen.has('n')) ? null : 'an option is missing'
}
