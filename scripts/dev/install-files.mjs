import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

/** The release that `lib/lustrebackup` leads to and the files that came with it; null where nothing is installed. */
export function currentRelease(base) {
  const manifest = join(base, 'lib/lustrebackup/manifest.json')
  if (!existsSync(manifest)) return null
  return { name: readlinkSync(join(base, 'lib/lustrebackup')), files: JSON.parse(readFileSync(manifest, 'utf8')).files }
}

/** Replaces a file whole: whoever opens it gets the old or the new one. */
export function replaceFile(path, content, mode) {
  mkdirSync(dirname(path), { recursive: true })
  const temporary = join(dirname(path), `.lustrebackup-${process.pid}`)
  writeFileSync(temporary, content)
  chmodSync(temporary, mode)
  renameSync(temporary, path)
}

/** Removes files of an installation, and the document folders that become empty. */
export function removeFiles(base, files) {
  for (const file of files) {
    rmSync(join(base, file), { force: true })
    for (let folder = dirname(file); folder.startsWith('share/doc/lustrebackup'); folder = dirname(folder)) {
      if (!existsSync(join(base, folder)) || readdirSync(join(base, folder)).length > 0) break
      rmdirSync(join(base, folder))
    }
  }
}

/** Removes all releases but those to keep, and what a killed installation has left. */
export function removeReleases(base, keep) {
  for (const name of readdirSync(join(base, 'lib'))) {
    const isRelease = /^(\.installing-)?lustrebackup-[0-9][^/]*-[0-9]{8}T[0-9]{6}Z-[0-9]+$/.test(name)
    if (isRelease && !keep.includes(name) && lstatSync(join(base, 'lib', name)).isDirectory()) {
      rmSync(join(base, 'lib', name), { recursive: true })
    }
  }
}
