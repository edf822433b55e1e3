import { canonicalTarget } from '../client-mount.js'
import { fsnameOf, loadMounts, type MountEntry, mountOf } from '../mounts.js'
import { parseOptions } from './getopt.js'
import type { ShimContext } from './shim-io.js'

const COLUMNS: Readonly<Record<string, (entry: MountEntry) => string>> = {
  TARGET: (entry) => entry.target,
  SOURCE: (entry) => entry.source,
  FSTYPE: () => 'lustre',
  OPTIONS: (entry) => entry.options,
  FSROOT: () => '/',
  LABEL: () => '',
  'MAJ:MIN': () => '0:0',
}

const DEFAULT_COLUMNS = 'TARGET,SOURCE,FSTYPE,OPTIONS'

/** `findmnt` for the simulator's mounts, as text, raw, pairs or JSON; any question about others goes to the real program. */
export function findmnt(context: ShimContext): number {
  const { values, operands } = parseOptions(context.args, {
    n: 'noheadings',
    r: 'raw',
    P: 'pairs',
    J: 'json',
    l: 'list',
    k: 'kernel',
    f: 'first-only',
    u: 'notruncate',
    'o:': 'output',
    'T:': 'target',
    'M:': 'mountpoint',
    'S:': 'source',
    't:': 'types',
  })
  const found = select(loadMounts(context.sim.paths.mtab), values, operands)
  if (found === null || (found.length === 0 && values.get('types') !== 'lustre')) return context.passOn('findmnt', context.args)
  if (found.length === 0) return 1
  const columns = (values.get('output') ?? DEFAULT_COLUMNS).toUpperCase().split(',')
  context.out(format(values.has('first-only') ? found.slice(0, 1) : found, columns, values))
  return 0
}

/** The simulator's mounts that are asked for; null when the question is not about one place or about Lustre. */
function select(mounts: readonly MountEntry[], values: ReadonlyMap<string, string>, operands: readonly string[]): MountEntry[] | null {
  const at = (path: string) => mounts.filter((entry) => entry.target === canonicalTarget(path))
  const target = values.get('target')
  if (target !== undefined) {
    const place = canonicalTarget(target)
    const entry = place === null ? null : mountOf(mounts, place)
    return entry ? [entry] : []
  }
  const point = values.get('mountpoint')
  if (point !== undefined) return at(point)
  const source = values.get('source')
  if (source !== undefined) return mounts.filter((entry) => entry.source === source || fsnameOf(entry) === source)
  if (operands.length > 0) return [...at(operands.at(-1)!), ...mounts.filter((entry) => entry.source === operands[0])]
  return values.get('types') === 'lustre' ? [...mounts] : null
}

function format(entries: readonly MountEntry[], columns: readonly string[], flags: ReadonlyMap<string, string>): string {
  const rows = entries.map((entry) => columns.map((column) => COLUMNS[column]?.(entry) ?? ''))
  if (flags.has('json')) {
    const filesystems = rows.map((row) => Object.fromEntries(row.map((cell, at) => [columns[at]!.toLowerCase(), cell])))
    return `${JSON.stringify({ filesystems }, null, 3)}\n`
  }
  if (flags.has('pairs')) return rows.map((row) => `${row.map((cell, at) => `${columns[at]}="${cell}"`).join(' ')}\n`).join('')
  const escaped = (text: string) => text.replace(/[\s\\]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
  const lines = flags.has('noheadings') ? rows : [[...columns], ...rows]
  if (flags.has('raw')) return lines.map((row) => `${row.map(escaped).join(' ')}\n`).join('')
  const widths = columns.map((_, at) => Math.max(...lines.map((row) => row[at]!.length)))
  return lines.map((row) => `${row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at]!))).join(' ')}\n`).join('')
}
