import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Lustresim } from '../../packages/lustresim/dist/sim.js'

const FILES_IN_FOLDER = 100

/** A simulated file system with `count` small files, a hundred in a folder, and two snapshots of it, mounted. */
export function simTree(parent, count) {
  const folder = mkdtempSync(join(parent, 'lustrebackup-bench-'))
  const sim = Lustresim.create(join(folder, 'lustre'), { filesystems: [{ name: 'src' }], mounts: 'symlink' })
  const mount = join(folder, 'mnt')
  sim.mount('src', mount)
  const paths = []
  for (let file = 0; file < count; file += 1) {
    const directory = `folder${Math.floor(file / FILES_IN_FOLDER)}`
    if (file % FILES_IN_FOLDER === 0) mkdirSync(join(mount, directory))
    paths.push(`${directory}/file${String(file).padStart(8, '0')}`)
    writeFileSync(join(mount, paths.at(-1)), 'content')
  }
  // What was made behind the simulator's back gets its FIDs now.
  sim.fs('src').flush({ reconcile: true })
  const mountPoints = ['s0', 's1'].map((name) => {
    const { snapshots } = sim.fs('src')
    snapshots.create(name)
    const { fsname } = snapshots.mount(name) ?? snapshots.list().find((one) => one.name === name)
    const point = join(folder, name)
    sim.mount(fsname, point, ['ro', 'user_xattr'])
    return point
  })
  return { sim, folder, paths, mountPoints, close: () => rmSync(folder, { recursive: true, force: true }) }
}
