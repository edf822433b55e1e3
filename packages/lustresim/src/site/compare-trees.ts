import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { type BigIntStats, closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs'

/**
 * Compares two trees in everything that a backup has to bring over, by the plainest means there are: lstat, read, readlink, and getfattr.
 * It shares no code with the backup, so that a mistake there cannot hide here.
 */
export interface TreeComparison {
  readonly entryCount: number
  readonly sizeBytes: bigint
  /** One line for each difference, with the path and both values. */
  readonly differences: readonly string[]
}

export interface CompareOptions {
  /** Paths beneath the root (and what is below them) that are not compared. */
  readonly exclude?: readonly string[]
}

interface Entry {
  readonly stat: BigIntStats
  /** What has to be equal, by the name under which a difference is shown. */
  readonly facts: ReadonlyMap<string, string>
}

/** Xattrs that describe the objects of one Lustre file system and mean nothing in another. */
const INTERNAL_XATTR = /^(?:trusted\.(?:lov|lma|link|lmv|hsm|som|fid|version|dmv|lustresim.*)|lustre\..*)$/

export async function compareTrees(expected: string, actual: string, options: CompareOptions = {}): Promise<TreeComparison> {
  const [left, right] = await Promise.all([listTree(expected, options), listTree(actual, options)])
  const differences: string[] = []
  for (const [path, entry] of left) {
    const other = right.get(path)
    if (other === undefined) differences.push(`${show(path)}: missing`)
    else differences.push(...compareEntries(path, entry, other))
  }
  for (const path of right.keys()) if (!left.has(path)) differences.push(`${show(path)}: extra`)
  differences.push(...compareGroups(left, right))
  let sizeBytes = 0n
  for (const { stat } of left.values()) if (stat.isFile()) sizeBytes += stat.size
  return { entryCount: left.size, sizeBytes, differences }
}

function show(path: string): string {
  return path === '' ? '(the root)' : JSON.stringify(Buffer.from(path, 'latin1').toString('utf8'))
}

function compareEntries(path: string, left: Entry, right: Entry): string[] {
  const differences: string[] = []
  for (const name of new Set([...left.facts.keys(), ...right.facts.keys()])) {
    const [expected, actual] = [left.facts.get(name) ?? 'none', right.facts.get(name) ?? 'none']
    if (expected !== actual) differences.push(`${show(path)}: ${name} is ${actual}, expected ${expected}`)
  }
  if (left.stat.isFile() && right.stat.isFile() && holesLost(left.stat, right.stat)) {
    differences.push(
      `${show(path)}: holes are lost, ${right.stat.blocks * 512n} bytes allocated, expected about ${left.stat.blocks * 512n}`,
    )
  }
  return differences
}

/** File systems round allocation differently: only a lost hole of some size counts. */
function holesLost(expected: BigIntStats, actual: BigIntStats): boolean {
  const slack = 256n * 1024n
  return actual.blocks * 512n > expected.blocks * 512n + slack && expected.blocks * 512n + slack < expected.size
}

/** Paths that share an inode on one side have to share one on the other. */
function compareGroups(left: ReadonlyMap<string, Entry>, right: ReadonlyMap<string, Entry>): string[] {
  const [expected, actual] = [groupsOf(left), groupsOf(right)]
  const differences: string[] = []
  for (const [path, group] of expected) {
    const other = actual.get(path)
    if (other !== undefined && other !== group) differences.push(`${show(path)}: hard links are {${other}}, expected {${group}}`)
  }
  return differences
}

function groupsOf(tree: ReadonlyMap<string, Entry>): Map<string, string> {
  const byInode = new Map<string, string[]>()
  for (const [path, { stat }] of tree) {
    if (stat.isDirectory()) continue
    const inode = `${stat.dev}:${stat.ino}`
    byInode.set(inode, [...(byInode.get(inode) ?? []), path])
  }
  const groups = new Map<string, string>()
  for (const paths of byInode.values()) {
    const group = paths.toSorted().map(show).join(', ')
    for (const path of paths) groups.set(path, group)
  }
  return groups
}

async function listTree(root: string, options: CompareOptions): Promise<Map<string, Entry>> {
  const excluded = new Set(options.exclude ?? [])
  const xattrs = await readXattrs(root)
  const tree = new Map<string, Entry>()
  const visit = (path: string) => {
    if (excluded.has(path)) return
    const full = Buffer.concat([Buffer.from(path === '' ? root : `${root}/`), Buffer.from(path, 'latin1')])
    const stat = lstatSync(full, { bigint: true })
    tree.set(path, { stat, facts: factsOf(full, stat, xattrs.get(path) ?? []) })
    if (!stat.isDirectory()) return
    for (const name of readdirSync(full, { encoding: 'latin1' as BufferEncoding })) visit(path === '' ? name : `${path}/${name}`)
  }
  visit('')
  return tree
}

function factsOf(full: Buffer, stat: BigIntStats, xattrs: readonly (readonly [string, string])[]): Map<string, string> {
  const facts = new Map<string, string>([
    ['type', (stat.mode & 0o170000n).toString(8)],
    ['mode', (stat.mode & 0o7777n).toString(8).padStart(4, '0')],
    ['owner', `${stat.uid}:${stat.gid}`],
    ['mtime', stat.mtimeNs.toString()],
    ...xattrs.filter(([name]) => !INTERNAL_XATTR.test(name)),
  ])
  if (stat.isFile()) facts.set('size', String(stat.size)).set('content', digestOf(full))
  if (stat.isSymbolicLink()) facts.set('link target', readlinkSync(full, { encoding: 'latin1' as BufferEncoding }))
  if (stat.isBlockDevice() || stat.isCharacterDevice()) facts.set('device', String(stat.rdev))
  return facts
}

function digestOf(full: Buffer): string {
  const hash = createHash('sha1')
  const chunk = Buffer.allocUnsafe(1024 * 1024)
  const fd = openSync(full, 'r')
  try {
    for (let length = readSync(fd, chunk); length > 0; length = readSync(fd, chunk)) hash.update(chunk.subarray(0, length))
  } finally {
    closeSync(fd)
  }
  return hash.digest('hex')
}

/** Xattrs of every entry beneath the root, by path, through `getfattr`: symlinks are not followed. */
async function readXattrs(root: string): Promise<Map<string, (readonly [string, string])[]>> {
  const args = ['--recursive', '--no-dereference', '--physical', '--dump', '--match=-', '--encoding=hex', '--absolute-names', '--', root]
  const child = spawn('getfattr', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => resolve())
  })
  const xattrs = new Map<string, (readonly [string, string])[]>()
  let current: (readonly [string, string])[] = []
  for (const line of Buffer.concat(chunks).toString('latin1').split('\n')) {
    if (line.startsWith('# file: ')) {
      const path = unquote(line.slice('# file: '.length)).slice(Buffer.byteLength(root))
      current = []
      xattrs.set(path.replace(/^\//, ''), current)
    } else if (line !== '') {
      const equals = line.indexOf('=')
      current.push(equals === -1 ? [unquote(line), ''] : [unquote(line.slice(0, equals)), line.slice(equals + 1)])
    }
  }
  return xattrs
}

/** getfattr writes what is not printable as a backslash and three octal digits. */
function unquote(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
