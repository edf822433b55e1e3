import type { OpenOptions } from './file-ops.js'
import type { SimFilesystem } from './filesystem.js'
import type { SpecialType } from './namespace-ops.js'

export interface OperationOptions {
  readonly unflushed?: boolean
  readonly cached?: boolean
  readonly mdt?: number
  readonly stripes?: number
}

interface Operation {
  readonly usage: string
  readonly run: (fs: SimFilesystem, args: readonly string[], options: OperationOptions) => unknown
}

const write = ({ unflushed = false, cached = false }: OperationOptions) => ({ unflushed, cached })
const owner = (text: string | undefined) => (text === undefined || text === '' ? null : Number(text))

/** What `lustresim op` can do: one line an operation, as a person types it. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  create: { usage: 'PATH', run: (fs, [path = '']) => fs.create(path) },
  write: { usage: 'PATH TEXT', run: (fs, [path = '', text = ''], options) => fs.writeFile(path, `${text}\n`, write(options)) },
  append: { usage: 'PATH TEXT', run: (fs, [path = '', text = ''], options) => fs.append(path, `${text}\n`, write(options)) },
  overwrite: {
    usage: 'PATH OFFSET TEXT',
    run: (fs, [path = '', offset, text = ''], options) => fs.overwrite(path, Number(offset), text, write(options)),
  },
  truncate: { usage: 'PATH SIZE', run: (fs, [path = '', size]) => fs.truncate(path, Number(size)) },
  touch: { usage: 'PATH', run: (fs, [path = '']) => fs.touch(path) },
  read: { usage: 'PATH', run: (fs, [path = '']) => fs.read(path) },
  open: { usage: 'PATH r|w|rw   (stays open)', run: (fs, [path = '', mode = 'r']) => fs.leaveOpen(path, openMode(mode)) },
  close: { usage: 'PATH          (all opens of it)', run: (fs, [path = '']) => fs.closeAll(path) },
  'drop-open-cache': { usage: '[PATH]', run: (fs, [path]) => fs.dropOpenCache(path) },
  chmod: { usage: 'PATH MODE', run: (fs, [path = '', mode = '']) => fs.chmod(path, Number.parseInt(mode, 8)) },
  chown: { usage: 'PATH UID [GID]', run: (fs, [path = '', uid, gid]) => fs.chown(path, owner(uid), owner(gid)) },
  utimes: { usage: 'PATH SECONDS', run: (fs, [path = '', seconds]) => fs.utimes(path, Number(seconds), Number(seconds)) },
  setxattr: { usage: 'PATH NAME VALUE', run: (fs, [path = '', name = '', value = '']) => fs.setxattr(path, name, value) },
  removexattr: { usage: 'PATH NAME', run: (fs, [path = '', name = '']) => fs.removexattr(path, name) },
  setfacl: { usage: 'PATH ARGUMENTS…', run: (fs, [path = '', ...args]) => fs.setfacl(path, args) },
  mkdir: { usage: 'PATH [--mdt N] [--stripes N]', run: (fs, [path = ''], options) => fs.mkdir(path, placement(options)) },
  symlink: { usage: 'TARGET PATH', run: (fs, [target = '', path = '']) => fs.symlink(target, path) },
  mknod: {
    usage: 'PATH fifo|socket|char|block [MAJOR MINOR]',
    run: (fs, [path = '', type, major, minor]) =>
      fs.mknod(path, type as SpecialType, { major: Number(major ?? 0), minor: Number(minor ?? 0) }),
  },
  link: { usage: 'EXISTING PATH', run: (fs, [existing = '', path = '']) => fs.link(existing, path) },
  rename: { usage: 'FROM TO', run: (fs, [from = '', to = '']) => fs.rename(from, to) },
  unlink: { usage: 'PATH', run: (fs, [path = '']) => fs.unlink(path) },
  rmdir: { usage: 'PATH', run: (fs, [path = '']) => fs.rmdir(path) },
  migrate: { usage: 'PATH MDT', run: (fs, [path = '', mdt]) => fs.migrate(path, Number(mdt)) },
  'hsm-release': { usage: 'PATH', run: (fs, [path = '']) => fs.hsmRelease(path) },
  'hsm-restore': { usage: 'PATH', run: (fs, [path = '']) => fs.hsmRestore(path) },
  'lose-records': { usage: 'MDT INDEX     (everything up to it)', run: (fs, [mdt, index]) => fs.loseRecords(Number(mdt), Number(index)) },
}

function openMode(mode: string): OpenOptions {
  return { read: mode.includes('r'), write: mode.includes('w') }
}

function placement({ mdt, stripes }: OperationOptions) {
  return { ...(mdt !== undefined && { mdt }), ...(stripes !== undefined && { stripeCount: stripes }) }
}

export function operationHelp(): string {
  return Object.entries(OPERATIONS)
    .map(([name, { usage }]) => `  ${name.padEnd(16)} ${usage}`)
    .join('\n')
}
