import type { BatchCalls, BatchOptions, NamespaceChange } from './binding.js'
import { settle, toBytes } from './failures.js'
import type { NativeAddon } from './native-addon.js'
import { EMPTY_PATH_LIST, packPaths } from './path-list.js'

const IN_FLIGHT_DEFAULT = 32
const IN_FLIGHT_MAX = 512
const NO_ROOT = -1

/** The addon's numbers for the changes of a namespace batch. */
const CHANGES = { rename: 0, link: 1, unlink: 2, rmdir: 3, mkdir: 4 } as const

/** The batches of system calls over the compiled addon. */
export function batchCalls(native: NativeAddon): BatchCalls {
  return {
    lstatBatch: (root, paths, options) => settle(() => native.lstatBatch(root, paths.bytes, paths.ends, inFlightOf(options))),
    readdirBatch: (root, paths, options) => settle(() => native.readdirBatch(root, paths.bytes, paths.ends, inFlightOf(options))),
    xattrBatch(root, paths, names, options) {
      const list = packPaths(names.map(toBytes))
      return settle(() => native.xattrBatch(root, paths.bytes, paths.ends, list.bytes, list.ends, inFlightOf(options)))
    },
    listXattrBatch: (root, paths, options) => settle(() => native.listXattrBatch(root, paths.bytes, paths.ends, inFlightOf(options))),
    namespaceBatch: (change, options) => settle(() => startNamespaceBatch(native, change, inFlightOf(options))),
  }
}

/** How many threads a batch gets; throws a RangeError for a number that cannot be meant. */
export function inFlightOf(options: BatchOptions = {}): number {
  const inFlight = options.inFlight ?? IN_FLIGHT_DEFAULT
  if (!Number.isInteger(inFlight) || inFlight < 1 || inFlight > IN_FLIGHT_MAX) {
    throw new RangeError(`inFlight must be a whole number from 1 to ${IN_FLIGHT_MAX}, not ${inFlight}`)
  }
  return inFlight
}

function startNamespaceBatch(native: NativeAddon, change: NamespaceChange, inFlight: number): Promise<Int32Array> {
  const two = change.op === 'rename' || change.op === 'link'
  const to = two ? change.toPaths : EMPTY_PATH_LIST
  const mode = change.op === 'mkdir' ? (change.mode ?? 0o777) : 0
  const noReplace = change.op === 'rename' && (change.noReplace ?? false)
  const { root, paths } = change
  const toRoot = two ? change.toRoot : NO_ROOT
  return native.namespaceBatch(CHANGES[change.op], root, paths.bytes, paths.ends, toRoot, to.bytes, to.ends, mode, noReplace, inFlight)
}
