import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Lustresim } from '../../packages/lustresim/dist/sim.js'

const FILES_IN_FOLDER = 100

/** A simulated file system with `count` small files, a hundred in a folder, and two snapshots of it, mounted. */
export function simTree(parent, count) {
  const folder = mkdtempSync(join(parent, 'lustrebackup-bench-'))
  const sim = Lustresim.create(join(folder, 'lustre'), { filesystems: [{ name: 'src' }], mounts: 'symlink' })
  const source = sim.fs('src')
  const paths = []
  for (let file = 0; file < count; file += 1) {
    const directory = `folder${Math.floor(file / FILES_IN_FOLDER)}`
    if (file % FILES_IN_FOLDER === 0) source.mkdir(directory)
    paths.push(`${directory}/file${String(file).padStart(8, '0')}`)
    source.writeFile(paths.at(-1), 'content')
  }
  source.sync()
  source.flush()
  const mountPoints = ['s0', 's1'].map((name) => {
    const { snapshots } = source
    snapshots.create(name)
    const { fsname } = snapshots.mount(name) ?? snapshots.list().find((one) => one.name === name)
    const point = join(folder, name)
    sim.mount(fsname, point, ['ro', 'user_xattr'])
    return point
  })
  return { sim, folder, paths, mountPoints, close: () => rmSync(folder, { recursive: true, force: true }) }
}
