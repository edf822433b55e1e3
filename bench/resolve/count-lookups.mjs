/** A Lustre that counts what it is asked: items, not batches. */
export function countingLustre(lustre, counts) {
  const count = (name, items) => {
    counts[name] = (counts[name] ?? 0) + items
  }
  return {
    ...lustre,
    openTree: (mountPoint) => {
      const tree = lustre.openTree(mountPoint)
      return {
        ...tree,
        fid2path: (fids) => {
          count('fid2path', fids.length / 16)
          return tree.fid2path(fids)
        },
        path2fid: (paths) => {
          count('path2fid', paths.ends.length)
          return tree.path2fid(paths)
        },
        inspect: (paths) => {
          count('inspect', paths.ends.length)
          return tree.inspect(paths)
        },
        dataVersions: (paths) => {
          count('dataVersions', paths.ends.length)
          return tree.dataVersions(paths)
        },
        hsmStates: (paths) => {
          count('hsmStates', paths.ends.length)
          return tree.hsmStates(paths)
        },
      }
    },
  }
}
