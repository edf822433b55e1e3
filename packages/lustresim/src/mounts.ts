import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A client mount of the simulator. */
export interface MountEntry {
  /** `NID:/FSNAME`. */
  readonly source: string
  readonly target: string
  readonly options: string
  readonly kind: 'bind' | 'symlink'
  /** The folder with the index of the mounted tree. */
  readonly dir: string
}

/** The mount table: a line a mount, fields separated by tabs, odd characters as octal escapes like in /proc/mounts. */
export function loadMounts(path: string): MountEntry[] {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [source, target, options, kind, dir] = line.split('\t').map(unescapeField) as [
        string,
        string,
        string,
        MountEntry['kind'],
        string,
      ]
      return { source, target, options, kind, dir }
    })
}

export function saveMounts(path: string, entries: readonly MountEntry[]): void {
  const lines = entries.map((entry) => [entry.source, entry.target, entry.options, entry.kind, entry.dir].map(escapeField).join('\t'))
  writeFileSync(`${path}.new`, lines.map((line) => `${line}\n`).join(''))
  renameSync(`${path}.new`, path)
}

const escapeField = (text: string) => text.replace(/[\t\n\\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`)
const unescapeField = (text: string) => text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

/** The mount that a path lies in, the innermost one. Symbolic links in the path are resolved already, also that of a symlink mount. */
export function mountOf(entries: readonly MountEntry[], path: string): MountEntry | null {
  const isBelow = (root: string) => path === root || path.startsWith(`${root}/`)
  const around = entries.filter((entry) => isBelow(entry.target) || (entry.kind === 'symlink' && isBelow(treeRoot(entry))))
  return around.reduce<MountEntry | null>((best, entry) => (best && best.target.length > entry.target.length ? best : entry), null)
}

/** The real folder that a mount shows. */
export function treeRoot({ dir }: MountEntry): string {
  return existsSync(join(dir, 'live')) ? join(dir, 'live') : join(dir, 'tree')
}

export function fsnameOf(entry: MountEntry): string {
  return entry.source.slice(entry.source.lastIndexOf(':/') + 2)
}
