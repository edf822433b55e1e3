import type { SimFilesystem } from '@lustrebackup/lustresim/filesystem'

/** Names that no shell, no terminal and no text takes as they are. */
const ODD_NAMES = ['with space', 'new\nline', '-rf', '%41 percent', 'Größe', 'n'.repeat(255)]
  .map((name) => Buffer.from(name))
  .concat([Buffer.from([0xff, 0xfe, 0x80]), Buffer.from([0xc3, 0x28, 0x0d])])

/** A small tree with one of everything that a restore has to bring back. */
export function makeRestoreTree(fs: SimFilesystem): void {
  fs.setIdentity({ uid: 1000, gid: 1000, jobid: 'setup.1000' })
  for (const folder of ['home', 'home/runs', 'home/keep', 'shared']) fs.mkdir(folder)
  for (let file = 0; file < 6; file += 1) fs.writeFile(`home/runs/result${file}`, `result ${file} `.repeat(300 * file))
  fs.writeFile('home/keep/note', 'a note')
  fs.chown('home', 1001, 1000)
  fs.chmod('home', 0o2750)
  fs.chmod('shared', 0o1777)
  fs.setfacl('shared', ['-m', 'u:1001:rwx,g::rwx,m::rwx'])
  fs.setfacl('shared', ['-d', '-m', 'u:1002:rx'])
  fs.writeFile('shared/tool', 't'.repeat(5000))
  fs.setfacl('shared/tool', ['-m', 'u:1003:rx'])
  fs.chmod('shared/tool', 0o4755)
  fs.setxattr('shared/tool', 'user.owner', 'someone')
  for (const name of ODD_NAMES) fs.writeFile(Buffer.concat([Buffer.from('shared/'), name]), `odd ${name.toString('hex')}`)
  fs.symlink('../home/runs/result1', 'shared/latest')
  fs.symlink('nowhere', 'shared/dangling')
  fs.mknod('shared/pipe', 'fifo')
  fs.mknod('shared/socket', 'socket')
  fs.link('home/runs/result1', 'shared/same-as-result1')
  fs.link('home/runs/result1', 'home/keep/also-result1')
  const sparse = fs.open('shared/sparse.img', { create: true, write: true })
  fs.write(sparse, 0, 'head')
  fs.write(sparse, 64 * 1024 * 1024, 'tail')
  fs.close(sparse)
}
