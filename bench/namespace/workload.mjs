import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PartWriter } from '../../packages/core/dist/backupmap/part-writer.js'

const FILES_A_FOLDER = 200

/**
 * Every second file goes to another folder under another name, the others are removed, folder by folder as they were made: a map as the engine reads
 * it, and the same as a list for the loop of bare calls.
 */
export function writeWorkload(folder, count) {
  mkdirSync(folder, { recursive: true })
  const folderCount = Math.ceil(count / FILES_A_FOLDER)
  const nameOf = (index) => `tree/folder-${String(index % folderCount).padStart(5, '0')}`
  const files = Array.from({ length: count }, (_, index) => {
    const inFolder = Math.floor(index / FILES_A_FOLDER)
    const isMoved = index % 2 === 0
    return {
      fid: `[0x200000401:0x${(index + 1).toString(16)}:0x0]`,
      path: `${nameOf(inFolder)}/file-${index}.dat`,
      to: isMoved ? `${nameOf(inFolder + Math.floor(folderCount / 3) + 1)}/moved-${index}.dat` : null,
    }
  })
  const folders = Array.from({ length: folderCount }, (_, index) => nameOf(index))
  writeSteps(join(folder, 'make'), [['d', 'tree'], ...folders.map((path) => ['d', path]), ...files.map(({ path }) => ['c', path])])
  writeSteps(
    join(folder, 'bare'),
    files.map(({ path, to }) => (to === null ? ['u', path] : ['r', path, to])),
  )
  writeMap(folder, files)
  return { movedPaths: files.flatMap(({ to }) => (to === null ? [] : [to])) }
}

function writeSteps(file, steps) {
  writeFileSync(file, steps.map((words) => `${words.join('\0')}\0`).join(''))
}

function writeMap(folder, files) {
  const writer = new PartWriter(folder, 'w0')
  for (const { fid, path, to } of files) {
    const entry = { fid, path: Buffer.from(path), type: 'f' }
    if (to === null) writer.write('remove', { ...entry, tree: false })
    else {
      writer.write('move', { ...entry, to: Buffer.from(to) })
      writer.write('place', { ...entry, path: Buffer.from(to), from: entry.path })
    }
  }
  writeFileSync(join(folder, 'parts.json'), JSON.stringify({ parts: writer.finish() }))
}
