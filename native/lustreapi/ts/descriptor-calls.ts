import { inFlightOf } from './batch-calls.js'
import type { DescriptorCalls, DigestCalls } from './binding.js'
import { checked, settle } from './failures.js'
import type { NativeAddon } from './native-addon.js'

export function descriptorCalls(native: NativeAddon): DescriptorCalls {
  const found = (offset: bigint) => (offset < 0n ? null : offset)
  return {
    seekData: (fd, offset) => found(checked(native.seekData(fd, offset), { syscall: 'lseek' })),
    seekHole: (fd, offset) => found(checked(native.seekHole(fd, offset), { syscall: 'lseek' })),
    punchHole: (fd, offset, length) => void checked(native.punchHole(fd, offset, length), { syscall: 'fallocate' }),
    writeAt: (fd, bytes, offset) => void checked(native.writeAt(fd, bytes, offset), { syscall: 'pwrite' }),
    truncateTo: (fd, size) => void checked(native.truncateTo(fd, size), { syscall: 'ftruncate' }),
    openPipe: (capacityBytes) => {
      const [readFd, writeFd] = checked(native.openPipe(capacityBytes), { syscall: 'pipe2' })
      return { readFd, writeFd }
    },
    widenPipe: (fd, capacityBytes) => void native.widenPipe(fd, capacityBytes),
    readFull: (fd, bytes) => checked(native.readFull(fd, bytes), { syscall: 'read' }),
    copyBytes: (from, start, to, at, count) => native.copyBytes(from, start, to, at, count),
  }
}

export function digestCalls(native: NativeAddon): DigestCalls {
  return {
    xxh128Blocks: (bytes, blockSize) => native.xxh128Blocks(bytes, blockSize),
    xxh128File: ({ fd, offset, length, blockSize }, memory = null, expected = null) =>
      settle(() => native.xxh128File(fd, offset, length, blockSize, memory, expected)),
    contentDigests: (root, { paths, sizes, starts, ends }, { blockBytes, stop, ...options }) =>
      settle(() => native.contentDigests(root, paths.bytes, paths.ends, sizes, starts, ends, blockBytes, stop, inFlightOf(options))),
    findExtent: async (fd, start, end, gap) => {
      const [first, stop] = await settle(() => native.findExtent(fd, start, end, gap))
      return first === undefined || stop === undefined ? null : { start: first, end: stop }
    },
  }
}
