import type { BeneathCalls, FileStat } from './binding.js'
import { ENODATA } from './errno.js'
import { checked, settle, toBytes } from './failures.js'
import type { NativeAddon } from './native-addon.js'
import { unpackPaths } from './path-list.js'

/** `(uid_t)-1`: leave it as it is. */
const UNCHANGED = 0xffffffff

/** The single calls of the binding over the compiled addon. */
export function beneathCalls(native: NativeAddon): BeneathCalls {
  return { ...rootCalls(native), ...readCalls(native), ...nameCalls(native), ...attributeCalls(native), ...xattrCalls(native) }
}

function rootCalls(native: NativeAddon): Pick<BeneathCalls, 'openRoot' | 'closeRoot' | 'openFile' | 'syncfs' | 'setOpenat2Enabled'> {
  return {
    openRoot: (path) => checked(native.openRoot(toBytes(path)), { syscall: 'open', path: toBytes(path) }),
    closeRoot: (root) => void checked(native.closeRoot(root), { syscall: 'close' }),
    openFile: (root, path, flags, mode = 0o600) => checked(native.openFile(root, path, flags, mode), { syscall: 'open', path }),
    syncfs: (fd) => settle(() => native.syncfs(fd)),
    setOpenat2Enabled: (enabled) => native.setOpenat2Enabled(enabled),
  }
}

function readCalls(native: NativeAddon): Pick<BeneathCalls, 'lstat' | 'readdir' | 'readdirTypes' | 'readlink'> {
  const entries = (root: number, path: Uint8Array) => checked(native.readdir(root, path), { syscall: 'readdir', path })
  return {
    lstat: (root, path) => lstatRow(native, root, path),
    readdir: (root, path) => unpackPaths(entries(root, path).names),
    readdirTypes(root, path) {
      const { names, types } = entries(root, path)
      return unpackPaths(names).map((name, index) => ({ name, type: types[index]! }))
    },
    readlink: (root, path) => checked(native.readlink(root, path), { syscall: 'readlink', path }),
  }
}

function lstatRow(native: NativeAddon, root: number, path: Uint8Array): FileStat {
  const row = checked(native.lstat(root, path), { syscall: 'lstat', path })
  const number = (index: number) => Number(row[index])
  return {
    mode: number(0),
    uid: number(1),
    gid: number(2),
    nlink: number(3),
    rdevMajor: number(4),
    rdevMinor: number(5),
    size: row[6]!,
    blocks: row[7]!,
    mtimeNs: row[8]!,
    ctimeNs: row[9]!,
    atimeNs: row[10]!,
    ino: BigInt.asUintN(64, row[11]!),
    dev: BigInt.asUintN(64, row[12]!),
  }
}

function nameCalls(native: NativeAddon): Pick<BeneathCalls, 'rename' | 'link' | 'unlink' | 'rmdir' | 'mkdir' | 'symlink' | 'mknod'> {
  return {
    rename(fromRoot, from, toRoot, to, options = {}) {
      checked(native.rename(fromRoot, from, toRoot, to, options.noReplace ?? false), { syscall: 'rename', path: from, dest: to })
    },
    link: (fromRoot, from, toRoot, to) => void checked(native.link(fromRoot, from, toRoot, to), { syscall: 'link', path: from, dest: to }),
    unlink: (root, path) => void checked(native.unlink(root, path), { syscall: 'unlink', path }),
    rmdir: (root, path) => void checked(native.rmdir(root, path), { syscall: 'rmdir', path }),
    mkdir: (root, path, mode = 0o777) => void checked(native.mkdir(root, path, mode), { syscall: 'mkdir', path }),
    symlink: (root, path, target) => void checked(native.symlink(root, path, target), { syscall: 'symlink', path }),
    mknod(root, path, mode, rdevMajor = 0, rdevMinor = 0) {
      checked(native.mknod(root, path, mode, rdevMajor, rdevMinor), { syscall: 'mknod', path })
    },
  }
}

function attributeCalls(native: NativeAddon): Pick<BeneathCalls, 'chmod' | 'chown' | 'utimes'> {
  return {
    chmod: (root, path, mode) => void checked(native.chmod(root, path, mode), { syscall: 'chmod', path }),
    chown: (root, path, uid, gid) => void checked(native.chown(root, path, uid ?? UNCHANGED, gid ?? UNCHANGED), { syscall: 'chown', path }),
    utimes: (root, path, atimeNs, mtimeNs) => void checked(native.utimes(root, path, atimeNs, mtimeNs), { syscall: 'utimensat', path }),
  }
}

function xattrCalls(native: NativeAddon): Pick<BeneathCalls, 'listXattr' | 'getXattr' | 'setXattr' | 'removeXattr'> {
  return {
    listXattr: (root, path) => splitNames(checked(native.listXattr(root, path), { syscall: 'listxattr', path })),
    getXattr(root, path, name) {
      const value = native.getXattr(root, path, toBytes(name))
      return value === -ENODATA ? null : checked(value, { syscall: 'getxattr', path })
    },
    setXattr: (root, path, name, value) => void checked(native.setXattr(root, path, toBytes(name), value), { syscall: 'setxattr', path }),
    removeXattr: (root, path, name) => void checked(native.removeXattr(root, path, toBytes(name)), { syscall: 'removexattr', path }),
  }
}

function splitNames(joined: Buffer): Buffer[] {
  const names: Buffer[] = []
  for (let start = 0; start < joined.length; ) {
    const end = joined.indexOf(0, start)
    names.push(joined.subarray(start, end))
    start = end + 1
  }
  return names
}
