import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDERS = ['', 'a', 'b', 'c', 'a/b', 'a/c', 'b/a', 'p', 'p/a']

/** A folder that no run may ever change, with entries of the same names as those of the tree, and symlinks that lead to it. */
export class Outside {
  readonly #before: readonly string[]

  constructor(private readonly folder: string) {
    // Another process may have made it.
    for (const path of existsSync(folder) ? [] : FOLDERS) {
      mkdirSync(join(folder, path))
      writeFileSync(join(folder, path, 'file'), 'not in the backup')
      writeFileSync(join(folder, path, 'd'), 'not in the backup')
    }
    this.#before = describeTree(folder)
  }

  /** Puts a symlink to this folder into the place of an entry. */
  plant(path: Buffer): void {
    rmSync(path, { recursive: true, force: true })
    symlinkSync(this.folder, path)
  }

  check(): void {
    const after = describeTree(this.folder)
    const changed = [...after.filter((line) => !this.#before.includes(line)), ...this.#before.filter((line) => !after.includes(line))]
    if (changed.length > 0) throw new Error(`a run of the target left its tree through a symlink:\n  ${changed.join('\n  ')}`)
  }
}

function describeTree(folder: string): readonly string[] {
  return ['', ...(readdirSync(folder, { recursive: true }) as string[])].map((name) => {
    const { mode, uid, gid, nlink, mtimeNs, ctimeNs } = lstatSync(join(folder, name), { bigint: true })
    const content = (Number(mode) & 0o170000) === 0o100000 ? readFileSync(join(folder, name), 'utf8') : ''
    return [name, mode.toString(8), uid, gid, nlink, mtimeNs, ctimeNs, content].join(' ')
  })
}
