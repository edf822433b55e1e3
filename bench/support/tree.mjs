import { randomFillSync } from 'node:crypto'

/** Makes `count` files of `sizeBytes` in folders of `inFolder` through a simulated client; gives their paths. */
export function makeTree(fs, { count, inFolder, sizeBytes }) {
  const piece = Buffer.alloc(sizeBytes)
  return Array.from({ length: count }, (_, index) => {
    const folder = `folder${Math.floor(index / inFolder)}`
    if (index % inFolder === 0) fs.mkdir(folder)
    const path = `${folder}/file${index}`
    fs.writeFile(path, randomFillSync(piece))
    return path
  })
}

/** Writes new content of the same size into each of `paths`. */
export function changeFiles(fs, paths, sizeBytes) {
  const piece = Buffer.alloc(sizeBytes)
  for (const path of paths) fs.writeFile(path, randomFillSync(piece))
}
