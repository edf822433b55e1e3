/**
 * What one would write at first: for one FID after the other, in each snapshot its path, whether that leads to it again, its folder (remembered once it is
 * known), its attributes, its ACL, its data version, each when the one before has come.
 */
import { packPaths, unpackPath } from '../../native/lustreapi/dist/path-list.js'

export async function resolveOneAtATime(trees, fids) {
  const folders = trees.map(() => new Map())
  for (let at = 0; at < fids.length; at += 16) {
    for (const [side, tree] of trees.entries()) await look(tree, fids.slice(at, at + 16), folders[side])
  }
}

async function look(tree, fid, folders) {
  const { paths } = await tree.fid2path(fid)
  const found = await tree.path2fid(paths)
  if (Buffer.compare(found.fids, fid) !== 0) throw new Error('the path leads elsewhere')
  const path = unpackPath(paths, 0).toString('latin1')
  const folder = path.slice(0, path.lastIndexOf('/'))
  if (!folders.has(folder)) folders.set(folder, await tree.path2fid(packPaths([Buffer.from(folder, 'latin1')])))
  await tree.lstat(paths)
  await tree.xattrs(paths, ['system.posix_acl_access'])
  await tree.dataVersions(paths)
}
