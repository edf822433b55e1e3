import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  linkSync,
  openSync,
  readSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs'

/** Changes something, of which the mtime says nothing. */
function keepingTime(path: string, change: () => void): void {
  const time = execFileSync('stat', ['-c', '%y', path]).toString().trim()
  change()
  execFileSync('touch', ['-h', '-d', time, path])
}

/** As a bad disk does it: neither size nor time tell. */
export function flipBit(file: string, offset: number): void {
  keepingTime(file, () => {
    const fd = openSync(file, 'r+')
    const byte = Buffer.alloc(1)
    readSync(fd, byte, 0, 1, offset)
    writeSync(fd, Buffer.from([byte[0]! ^ 1]), 0, 1, offset)
    closeSync(fd)
  })
}

/** Something of every kind, in the folder `defects`. */
export function plantDefects(at: (path: string) => string): void {
  keepingTime(at('defects'), () => {
    flipBit(at('defects/bit'), 100)
    flipBit(at('defects/large'), 66 * 2 ** 20)
    chmodSync(at('defects/mode'), 0o600)
    chownSync(at('defects/owner'), 4711, 4712)
    execFileSync('setfacl', ['-b', at('defects/acl')])
    execFileSync('setfacl', ['-k', at('defects/folder')])
    execFileSync('setfattr', ['-x', 'user.note', at('defects/xattr')])
    utimesSync(at('defects/mtime'), 1000, 1000)
    keepingTime(at('defects/truncated'), () => truncateSync(at('defects/truncated'), 7))
    unlinkSync(at('defects/missing'))
    unlinkSync(at('defects/linked-too'))
    linkSync(at('defects/alone'), at('defects/extra'))
    rmSync(at('defects/symlink'))
    symlinkSync('elsewhere', at('defects/symlink'))
    rmSync(at('defects/replaced'))
    symlinkSync('/etc/passwd', at('defects/replaced'))
  })
}
