import type { SimFilesystem } from '../filesystem.js'

/** What users do, in a form that needs no clock and no chance: the same tree and the same changes each time. */

const PROJECTS = 12
const RUNS = 15
const FILES = 14

/** Some thousand entries of every kind: projects with runs and results, odd names, links, specials, ACLs, holes. */
export function makeTree(fs: SimFilesystem): void {
  fs.setIdentity({ uid: 1000, gid: 1000, jobid: 'setup.1000' })
  for (let project = 0; project < PROJECTS; project += 1) {
    fs.mkdir(`project${project}`)
    for (let run = 0; run < RUNS; run += 1) {
      const folder = `project${project}/run${run}`
      fs.mkdir(folder)
      for (let file = 0; file < FILES; file += 1)
        fs.writeFile(`${folder}/result${file}.dat`, content(`${folder}/${file}`, 200 + file * 700))
    }
    fs.chown(`project${project}`, 1000 + project, 1000)
  }
  fs.mkdir('shared')
  fs.chmod('shared', 0o1777)
  fs.setfacl('shared', ['-m', 'u:1001:rwx,g::rwx,m::rwx'])
  fs.setfacl('shared', ['-d', '-m', 'u:1002:rx'])
  fs.writeFile('shared/tool', content('tool', 5000))
  fs.chmod('shared/tool', 0o4755)
  fs.setxattr('shared/tool', 'user.owner', 'someone')
  for (const name of oddNames()) fs.writeFile(Buffer.concat([Buffer.from('shared/'), name]), content(name.toString('hex'), 300))
  fs.symlink('../project0/run0/result0.dat', 'shared/latest')
  fs.symlink('nowhere', 'shared/dangling')
  fs.mknod('shared/pipe', 'fifo')
  fs.mknod('shared/socket', 'socket')
  fs.link('project0/run0/result1.dat', 'shared/same-as-result1')
  fs.link('project0/run0/result1.dat', 'project1/also-result1')
  const sparse = fs.open('shared/sparse.img', { create: true, write: true })
  fs.write(sparse, 0, 'head')
  fs.write(sparse, 64 * 1024 * 1024, 'tail')
  fs.close(sparse)
  fs.writeFile('project2/matrix.bin', content('matrix', 6_000_000))
}

function oddNames(): Buffer[] {
  return [
    'with space',
    'new\nline',
    'tab\tand "quotes" and \'more\'',
    '-rf',
    '#hash',
    ';semicolon',
    'back\\slash',
    '*?[x]',
    '$(touch x)`id`',
    '%41 percent',
    'Größe',
    'n'.repeat(255),
  ]
    .map((name) => Buffer.from(name))
    .concat([Buffer.from([0xff, 0xfe, 0x80]), Buffer.from([0xc3, 0x28, 0x0d])])
}

/** Changes of every kind; gives their number by kind, as a person would count them. */
export function changeEverything(fs: SimFilesystem): Record<string, number> {
  fs.setIdentity({ uid: 1000, gid: 1000, jobid: 'change.1000' })
  // In place, appended, truncated, replaced as an editor does.
  for (let run = 0; run < 5; run += 1) fs.overwrite(`project3/run${run}/result0.dat`, 10, 'changed in place')
  fs.append('project3/run0/result1.dat', 'one more line\n')
  fs.truncate('project3/run0/result2.dat', 17)
  fs.writeFile('project3/run0/.result3.dat.swp', content('edited', 900))
  fs.rename('project3/run0/.result3.dat.swp', 'project3/run0/result3.dat')
  fs.overwrite('project2/matrix.bin', 3_000_000, 'one block of many')
  // New, and gone again.
  fs.mkdir('project3/run99')
  for (let file = 0; file < 20; file += 1) fs.writeFile(`project3/run99/new${file}`, content(`new${file}`, 100 * file))
  for (let file = 0; file < 200; file += 1) fs.writeFile(`project3/run99/tmp${file}`, 'scratch')
  for (let file = 0; file < 200; file += 1) fs.unlink(`project3/run99/tmp${file}`)
  // Removed: files, and a whole folder.
  for (let file = 0; file < FILES; file += 1) fs.unlink(`project4/run4/result${file}.dat`)
  fs.rmdir('project4/run4')
  for (let file = 0; file < 5; file += 1) fs.unlink(`project4/run5/result${file}.dat`)
  // A directory with everything below is renamed, one moves to another project, two change places.
  fs.rename('project5', 'archive')
  fs.rename('project6/run0', 'archive/run-of-6')
  swap(fs, 'project7/run0', 'project7/run1')
  swap(fs, 'project7/run2/result0.dat', 'project7/run2/result1.dat')
  // The same name, another object, another type.
  fs.unlink('project8/run0/result0.dat')
  fs.mkdir('project8/run0/result0.dat')
  fs.writeFile('project8/run0/result0.dat/inside', content('inside', 50))
  // `d/f` stays a path, although both are others now.
  fs.rename('project9/run0', 'project9/run0.old')
  fs.mkdir('project9/run0')
  fs.rename('project9/run0.old/result0.dat', 'project9/run0/result0.dat')
  // Hard links: one more, one less, the first one gone.
  fs.link('project1/also-result1', 'project1/third-result1')
  fs.unlink('project0/run0/result1.dat')
  // Attributes only.
  fs.chmod('project10/run0/result0.dat', 0o600)
  fs.chown('project10/run0/result1.dat', 1234, 1234)
  fs.setxattr('project10/run0/result2.dat', 'user.tag', 'checked')
  fs.chmod('shared/tool', 0o755)
  fs.chmod('project10/run1', 0o2770)
  // Odd names, moved and removed.
  const [first, second, ...rest] = oddNames()
  fs.rename(Buffer.concat([Buffer.from('shared/'), rest.at(-1)!]), Buffer.from([...Buffer.from('shared/moved '), 0xf0, 0x0a]))
  fs.unlink(Buffer.concat([Buffer.from('shared/'), first!]))
  fs.overwrite(Buffer.concat([Buffer.from('shared/'), second!]), 0, 'changed')
  fs.rename('shared/latest', 'shared/newest')
  return { changed: 10, created: 23, removed: 21, 'moved or swapped': 13, links: 2, 'attributes only': 5, 'made and removed again': 200 }
}

function swap(fs: SimFilesystem, one: string, other: string): void {
  fs.rename(one, `${one}.swap`)
  fs.rename(other, one)
  fs.rename(`${one}.swap`, other)
}

/** Bytes that do not repeat and do not compress, the same for the same seed. */
function content(seed: string, size: number): Buffer {
  const bytes = Buffer.alloc(size)
  let state = Array.from(seed).reduce((sum, character) => (Math.imul(sum, 31) + character.charCodeAt(0)) | 0, 0x9e3779b9)
  for (let index = 0; index < size; index += 1) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[index] = state & 0xff
  }
  return bytes
}
