import type { OpenOptions } from './file-ops.js'
import type { SimFilesystem } from './filesystem.js'

/** The operations of one capture, on paths relative to its folder. */
export interface Replay {
  /** What was there before the capture began. */
  readonly setup?: (fs: Here) => void
  readonly run: (fs: Here) => void
}

const CONTENT = 'hello world, some content here\n'
const EXCLUSIVE: OpenOptions = { write: true, create: true, exclusive: true }

/** The engine, seen from the folder of a capture: what the commands of the captures do, in the engine's words. */
export class Here {
  constructor(
    readonly fs: SimFilesystem,
    readonly dir: string,
    /** Makes the next object of an MDT get this FID's number. */
    readonly expectFid: (path: string) => void,
  ) {}

  at(name: string): string {
    return name === '' ? this.dir : `${this.dir}/${name}`
  }

  open(name: string, options: OpenOptions) {
    return this.fs.open(this.at(name), options)
  }

  /** open and close, with something in between. */
  with(name: string, options: OpenOptions, action: (handle: ReturnType<SimFilesystem['open']>) => void = () => {}): void {
    const handle = this.open(name, options)
    action(handle)
    this.fs.close(handle)
  }

  /** cat, ls, find: open for reading and close. */
  look(name: string): void {
    this.with(name, { read: true })
  }

  echo(name: string, data = '1\n'): void {
    this.expectFid(name)
    this.fs.writeFile(this.at(name), data)
  }

  append(name: string, data = 'more\n'): void {
    this.fs.append(this.at(name), data)
  }

  touch(name: string): void {
    this.fs.touch(this.at(name))
  }

  mkdir(name: string, mdt: number, stripeCount = 0): void {
    this.expectFid(name)
    this.fs.mkdir(this.at(name), { mdt, stripeCount })
  }

  /** `lfs mkdir` opens the parent around it. */
  lfsMkdir(name: string, mdt: number, stripeCount = 0): void {
    this.with('', { read: true }, () => this.mkdir(name, mdt, stripeCount))
  }

  mv(from: string, to: string): void {
    this.fs.rename(this.at(from), this.at(to))
  }

  ln(from: string, to: string): void {
    this.fs.link(this.at(from), this.at(to))
  }

  symlink(target: string, name: string): void {
    this.expectFid(name)
    this.fs.symlink(target, this.at(name))
  }

  rm(...names: string[]): void {
    for (const name of names) this.fs.unlink(this.at(name))
  }

  rmdir(...names: string[]): void {
    for (const name of names) this.fs.rmdir(this.at(name))
  }
}

const withFile = (fs: Here) => fs.echo('a', CONTENT)
const withTwo = (fs: Here) => {
  fs.echo('a', CONTENT)
  fs.echo('b', 'victim\n')
}
const names = ['612062', '610a62', '610962', '27225c', 'c3a6c3b8c3a5e282ac', 'fffe80', '2d2d72', '2573256e', '2a3f5b615d', '01027f'].map(
  (hex) => Buffer.from(hex, 'hex'),
)

const SET_NET_RAW = Buffer.from('0100000200200000000000000000000000000000', 'hex')

/** Every capture that the engine can do, by name. */
export const REPLAYS: Readonly<Record<string, Replay>> = {
  '01-create-empty': { run: (fs) => fs.touch('a') },
  '02-create-excl': { run: (fs) => fs.with('a', EXCLUSIVE) },
  '03-create-write': { run: (fs) => fs.with('a', EXCLUSIVE, (handle) => fs.fs.write(handle, 0, 'hello\n')) },
  '04-write-new-shell': { run: withFile },
  '05-append': { setup: withFile, run: (fs) => fs.append('a') },
  '06-overwrite-inplace': { setup: withFile, run: (fs) => fs.fs.overwrite(fs.at('a'), 3, 'XYZ') },
  '07-overwrite-shell': { setup: withFile, run: (fs) => fs.fs.writeFile(fs.at('a'), 'other\n') },
  '08-otrunc': { setup: withFile, run: (fs) => fs.with('a', { write: true, truncate: true }) },
  '09-truncate-down': { setup: withFile, run: (fs) => fs.fs.truncate(fs.at('a'), 5) },
  '10-truncate-up': { setup: withFile, run: (fs) => fs.fs.truncate(fs.at('a'), 1024 * 1024) },
  '11-mmap-write': { setup: withFile, run: (fs) => fs.with('a', { read: true, write: true }, (handle) => fs.fs.write(handle, 0, 'mm')) },
  '12-direct-write': {
    setup: withFile,
    run: (fs) => fs.with('a', { read: true, write: true, create: true }, (handle) => fs.fs.write(handle, 0, Buffer.alloc(4096))),
  },
  '13-open-read-close': {
    setup: withFile,
    run: (fs) => {
      for (let i = 0; i < 3; i++) fs.look('a')
    },
  },
  '14-open-write-noclose-data': {
    setup: withFile,
    run: (fs) => {
      fs.with('a', { write: true })
      fs.with('a', { read: true, write: true })
    },
  },
  '15-fsync-write': {
    setup: withFile,
    run: (fs) => fs.with('a', { write: true, create: true }, (handle) => fs.fs.write(handle, 0, Buffer.alloc(16384))),
  },
  '16-write-bigger': { run: (fs) => fs.echo('big', 'x'.repeat(1 << 20)) },
  '20-chmod': {
    setup: withFile,
    run: (fs) => {
      fs.fs.chmod(fs.at('a'), 0o600)
      fs.fs.chmod(fs.at('a'), 0o600)
    },
  },
  '21-chown': {
    setup: withFile,
    run: (fs) => {
      fs.fs.chown(fs.at('a'), 1000, 1000)
      fs.fs.chown(fs.at('a'), null, 7)
    },
  },
  '22-touch-utime': {
    setup: withFile,
    run: (fs) => {
      for (const seconds of [2000, 3000, 4000, 5000]) {
        fs.with('a', { write: true, create: true }, () => fs.fs.utimes(fs.at('a'), seconds, seconds))
      }
    },
  },
  '23-chmod-dir': {
    setup: (fs) => fs.mkdir('d', 0),
    run: (fs) => {
      fs.fs.chmod(fs.at('d'), 0o700)
      fs.fs.chown(fs.at('d'), 1, 1)
      fs.fs.utimes(fs.at('d'), 1000, 1000)
    },
  },
  '24-xattr-user': {
    setup: withFile,
    run: (fs) => {
      fs.fs.setxattr(fs.at('a'), 'user.k1', 'v1')
      fs.fs.setxattr(fs.at('a'), 'user.k1', 'v2')
      fs.fs.removexattr(fs.at('a'), 'user.k1')
    },
  },
  '25-xattr-other': {
    setup: withFile,
    run: (fs) => {
      fs.fs.setxattr(fs.at('a'), 'trusted.k1', 'v1')
      fs.with('a', { read: true }, () => fs.fs.setxattr(fs.at('a'), 'security.capability', SET_NET_RAW))
      fs.fs.setxattr(fs.at('a'), 'user.bin', Buffer.from([0, 255, 0]))
    },
  },
  '26-acl': {
    setup: (fs) => {
      withFile(fs)
      fs.mkdir('d', 0)
    },
    run: (fs) => {
      fs.fs.setfacl(fs.at('a'), ['-m', 'u:1000:rw'])
      fs.fs.setfacl(fs.at('a'), ['-b'])
      fs.fs.setfacl(fs.at('d'), ['-d', '-m', 'u:1000:rwx'])
      fs.touch('d/inherits')
    },
  },
  '29-symlink-attr': {
    setup: (fs) => fs.symlink('x', 's'),
    run: (fs) => {
      fs.fs.chown(fs.at('s'), 5, 5)
      fs.fs.utimes(fs.at('s'), 1000, 1000)
    },
  },
  '30-mkdir': {
    run: (fs) => {
      fs.mkdir('d', 0)
      fs.mkdir('x', 1)
      fs.look('x')
      fs.mkdir('x/y', 1)
      fs.look('x/y')
      fs.mkdir('x/y/z', 1)
    },
  },
  '31-rmdir': {
    setup: (fs) => {
      fs.mkdir('d', 1)
      fs.mkdir('x', 0)
      fs.mkdir('x/y', 0)
    },
    run: (fs) => fs.rmdir('d', 'x/y', 'x'),
  },
  '32-unlink': { setup: withFile, run: (fs) => fs.rm('a') },
  '33-unlink-hardlink': {
    setup: (fs) => {
      withFile(fs)
      fs.ln('a', 'b')
    },
    run: (fs) => fs.rm('a', 'b'),
  },
  '34-unlink-open': {
    setup: withFile,
    run: (fs) =>
      fs.with('a', { read: true, write: true }, (handle) => {
        fs.rm('a')
        fs.fs.write(handle, 0, 'ghost')
      }),
  },
  '35-hardlink': {
    setup: (fs) => {
      withFile(fs)
      fs.mkdir('d', 1)
    },
    run: (fs) => {
      fs.ln('a', 'b')
      fs.ln('a', 'd/c')
    },
  },
  '36-symlink': {
    run: (fs) => {
      fs.symlink('/nowhere', 's1')
      fs.symlink('t'.repeat(300), 's2')
    },
  },
  '37-mknod': {
    run: (fs) => {
      fs.fs.mknod(fs.at('fifo'), 'fifo')
      fs.fs.mknod(fs.at('c'), 'char', { major: 1, minor: 3 })
      fs.fs.mknod(fs.at('b'), 'block', { major: 7, minor: 0 })
      fs.fs.mknod(fs.at('sock'), 'socket', { mode: 0o755 })
    },
  },
  '38-rm-rf': {
    setup: (fs) => {
      for (const dir of ['t', 't/d1', 't/d1/d2']) fs.mkdir(dir, 1)
      for (const i of [1, 2, 3]) {
        fs.echo(`t/d1/f${i}`)
        fs.echo(`t/d1/d2/g${i}`)
      }
    },
    run: (fs) => {
      const remove = (dir: string, names: string[], below: () => void = () => {}) => {
        fs.look(dir)
        fs.with(dir, { read: true }, () => {
          fs.rm(...names.slice(0, 1))
          below()
          fs.rm(...names.slice(1))
        })
        fs.rmdir(dir)
      }
      const d2 = () => remove('t/d1/d2', ['t/d1/d2/g1', 't/d1/d2/g2', 't/d1/d2/g3'])
      remove('t', [], () => remove('t/d1', ['t/d1/f3', 't/d1/f2', 't/d1/f1'], d2))
    },
  },
  '40-rename-same-dir': { setup: withFile, run: (fs) => fs.mv('a', 'b') },
  '41-rename-across': {
    setup: (fs) => {
      withFile(fs)
      fs.mkdir('d1', 0)
      fs.mkdir('d2', 1)
      fs.echo('d1/x')
    },
    run: (fs) => {
      fs.mv('a', 'd1/a')
      fs.mv('d1/x', 'd2/y')
    },
  },
  '42-rename-over': { setup: withTwo, run: (fs) => fs.mv('a', 'b') },
  '43-rename-over-hardlinked': {
    setup: (fs) => {
      withTwo(fs)
      fs.ln('b', 'b2')
    },
    run: (fs) => fs.mv('a', 'b'),
  },
  '44-rename-over-other-dir': {
    setup: (fs) => {
      fs.mkdir('d1', 1)
      fs.mkdir('d2', 0)
      fs.echo('d1/a')
      fs.echo('d2/b')
    },
    run: (fs) => fs.mv('d1/a', 'd2/b'),
  },
  '45-rename-hardlinks-same-inode': {
    setup: (fs) => {
      withFile(fs)
      fs.ln('a', 'b')
    },
    run: (fs) => {
      fs.mv('a', 'b')
      fs.look('')
    },
  },
  '46-rename-dir': {
    setup: (fs) => {
      fs.mkdir('d', 1)
      fs.mkdir('d/sub', 1)
      fs.echo('d/f')
      fs.echo('d/sub/g')
    },
    run: (fs) => fs.mv('d', 'e'),
  },
  '47-rename-dir-across': {
    setup: (fs) => {
      for (const dir of ['p1', 'p1/d', 'p1/d/sub']) fs.mkdir(dir, 1)
      fs.mkdir('p2', 0)
      fs.echo('p1/d/f')
    },
    run: (fs) => {
      fs.mv('p1/d', 'p2/d')
      fs.mv('p2/d', 'p1/renamed')
    },
  },
  '48-rename-dir-over-empty': {
    setup: (fs) => {
      fs.mkdir('d', 0)
      fs.mkdir('e', 1)
      fs.echo('d/f')
    },
    run: (fs) => fs.mv('d', 'e'),
  },
  '50-rename-symlink-over': {
    setup: (fs) => {
      fs.symlink('t', 's')
      fs.echo('f')
    },
    run: (fs) => {
      fs.mv('s', 's2')
      fs.mv('s2', 'f')
    },
  },
  '51-rename-over-open': { setup: withTwo, run: (fs) => fs.with('b', { read: true }, () => fs.mv('a', 'b')) },
  '52-rename-chain': {
    setup: withFile,
    run: (fs) => {
      fs.mv('a', 'b')
      fs.mv('b', 'c')
      fs.mv('c', 'a')
    },
  },
  '53-rename-swap': {
    setup: withTwo,
    run: (fs) => {
      fs.mv('a', 't')
      fs.mv('b', 'a')
      fs.mv('t', 'b')
    },
  },
  '64-hsm-flags': {
    setup: withFile,
    run: (fs) => {
      fs.fs.hsmSet(fs.at('a'), { exists: true, archived: true })
      fs.look('a')
      fs.fs.hsmSet(fs.at('a'), { exists: false, archived: false })
    },
  },
  '70-remote-dir': {
    run: (fs) => {
      fs.lfsMkdir('r', 1)
      fs.echo('r/f')
      fs.mkdir('r/sub', 1)
      fs.ln('r/f', 'r/g')
      fs.mv('r/f', 'r/h')
      fs.rm('r/g', 'r/h')
      fs.rmdir('r/sub', 'r')
    },
  },
  '71-rename-across-mdt': {
    setup: (fs) => {
      fs.mkdir('r', 1)
      fs.mkdir('l', 0)
      fs.echo('l/f')
      fs.mkdir('l/d', 0)
      fs.echo('l/d/x')
      fs.echo('r/v')
    },
    run: (fs) => {
      fs.mv('l/f', 'r/f')
      fs.mv('l/d', 'r/d')
      fs.mv('r/f', 'l/back')
      fs.mv('l/back', 'r/v')
    },
  },
  '72-link-across-mdt': {
    setup: (fs) => {
      fs.mkdir('r', 1)
      fs.mkdir('l', 0)
      // The capture's file was removed: its FID is one after its folder's.
      fs.echo('l/f')
    },
    run: (fs) => {
      fs.ln('l/f', 'r/hl')
      fs.rm('l/f', 'r/hl')
    },
  },
  '73-striped-dir': {
    run: (fs) => {
      fs.lfsMkdir('s', 0, 2)
      for (const i of [1, 2, 3, 4, 5, 6]) fs.echo(`s/f${i}`)
      fs.fs.mkdir(fs.at('s/sub1'))
      fs.fs.mkdir(fs.at('s/sub2'))
      fs.mv('s/f1', 's/g1')
      fs.mv('s/f2', 's/g2')
      fs.rm('s/f3', 's/f4')
      fs.look('s')
      fs.look('s')
      fs.with('s', { read: true }, () => {
        fs.rm('s/f5', 's/f6')
        fs.look('s/sub2')
        fs.rmdir('s/sub2')
        fs.rm('s/g2')
        fs.look('s/sub1')
        fs.rmdir('s/sub1')
        fs.rm('s/g1')
      })
      fs.rmdir('s')
    },
  },
  '74-migrate-dir': {
    setup: (fs) => {
      fs.mkdir('m', 0)
      fs.echo('m/f')
      fs.mkdir('m/sub', 0)
      fs.echo('m/sub/g')
    },
    run: (fs) => {
      fs.look('m')
      fs.fs.migrate(fs.at('m'), 1)
      for (const dir of ['m', 'm/sub', 'm', 'm/sub']) fs.look(dir)
    },
  },
  '80-copy-file-range': {
    setup: withFile,
    run: (fs) => {
      fs.with('a', { read: true }, () => fs.with('b', { write: true, create: true }, (handle) => fs.fs.write(handle, 0, 'x')))
      fs.with('a', { read: true }, () => fs.with('c', EXCLUSIVE))
      fs.with('a', { read: true }, () => fs.with('d', EXCLUSIVE, (handle) => fs.fs.write(handle, 0, 'x')))
    },
  },
  '82-sparse': {
    run: (fs) =>
      fs.with('sp', { read: true, write: true, create: true }, (handle) => {
        fs.fs.ftruncate(handle, 104857600)
        fs.fs.write(handle, 104857600, '\0')
      }),
  },
  '83-names': {
    run: (fs) => {
      const at = (name: Buffer | string) => Buffer.concat([Buffer.from(`${fs.dir}/`), Buffer.from(name)])
      for (const name of names) fs.fs.close(fs.fs.open(at(name), { write: true, create: true }))
      fs.fs.rename(at('a\nb'), at('c\nd'))
      fs.fs.mkdir(at('dir with space'), { mdt: 0 })
      fs.fs.rename(at('--r'), at('x y'))
    },
  },
  '84-longname': {
    run: (fs) => {
      fs.with('n'.repeat(255), { write: true, create: true })
      fs.mv('n'.repeat(255), 'm'.repeat(255))
    },
  },
  '90-create-delete': {
    run: (fs) => {
      fs.echo('a')
      fs.rm('a')
    },
  },
  '91-create-rename-write': {
    run: (fs) => {
      fs.echo('a')
      fs.mv('a', 'b')
      fs.append('b')
    },
  },
  '92-delete-recreate': {
    setup: withFile,
    run: (fs) => {
      fs.rm('a')
      fs.fs.writeFile(fs.at('a'), 'new\n')
    },
  },
  '94-tar-x': {
    run: (fs) => {
      fs.with('f1', EXCLUSIVE, () => {
        fs.fs.chown(fs.at('f1'), 0, 0)
        fs.fs.chmod(fs.at('f1'), 0o644)
      })
      fs.mkdir('d', 1)
      fs.ln('f1', 'd/hl')
      fs.fs.chown(fs.at('d'), 0, 0)
      fs.symlink('f1', 's')
      fs.fs.chown(fs.at('s'), 0, 0)
      fs.fs.chown(fs.dir, 0, 0)
    },
  },
  '96-editor-pattern': {
    setup: (fs) => fs.echo('doc', CONTENT),
    run: (fs) => {
      fs.ln('doc', 'doc~')
      fs.echo('.doc.swp', 'new\n')
      fs.look('.doc.swp')
      fs.mv('.doc.swp', 'doc')
    },
  },
  '97-mv-between-dirs': {
    setup: (fs) => {
      fs.mkdir('d1', 1)
      fs.mkdir('d2', 0)
      for (const i of [1, 2, 3]) fs.echo(`d1/f${i}`)
    },
    run: (fs) => {
      fs.look('d1')
      for (const i of [1, 2, 3]) fs.mv(`d1/f${i}`, `d2/f${i}`)
    },
  },
  '98-cp-a': {
    run: (fs) => {
      fs.mkdir('c', 0)
      fs.with('c/f', EXCLUSIVE, (handle) => fs.fs.write(handle, 0, '1\n'))
      fs.fs.chown(fs.at('c'), 0, 0)
      fs.fs.removexattr(fs.at('c'), 'system.posix_acl_default')
    },
  },
  '99-delete-reuse-inode': {
    run: (fs) => {
      for (let i = 0; i < 4; i++) {
        fs.echo('a')
        fs.rm('a')
      }
    },
  },
}

/** The others, and why the engine does not do them. Their records are covered by the codec's test. */
export const NOT_SIMULATED: Readonly<Record<string, string>> = {
  '27-lsattr': 'chattr flags are not simulated',
  '28-project': 'project ids are not simulated',
  '49-rename-exchange': 'renameat2 flags fail on Lustre: nothing but reads is recorded',
  '60-setstripe': 'file layouts are not simulated',
  '61-migrate-file': 'file layouts and volatile files are not simulated',
  '62-mirror': 'mirrors are not simulated',
  '63-dom': 'file layouts are not simulated',
  '65-swap-layouts': 'file layouts are not simulated',
  '75-restripe-dir': 'fails on Lustre: nothing but reads is recorded',
  '81-fallocate': 'fallocate fails on Lustre, except that it leaves a new size',
  '85-tmpfile': 'O_TMPFILE fails on Lustre: nothing is recorded',
  '93-rsync-pattern': 'two processes, in an order of their own; what they record is in the other captures',
  '95-git-burst': 'hundreds of records of kinds that are in the other captures',
}
