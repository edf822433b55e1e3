import type { PlainAttributes } from '../attributes/set-attributes.js'
import type { StopFlag } from '../workers/stop-flag.js'
import type { Pool } from '../workers/worker-types.js'

export interface CopySettings {
  readonly stop: StopFlag
  /** Bytes copied so far, by all threads together. */
  readonly copiedBytes: BigInt64Array
}

/** What a thread does with one file. Descriptors belong to the process: all threads share them. */
export type CopyInput =
  /** Makes `name` in a folder that nobody else can reach, with content and attributes of the file at `path`, compared, and with `sync` on disk. */
  | (CopyFrom & { readonly kind: 'copy'; readonly folder: number; readonly name: Uint8Array; readonly sync: boolean })
  /** Looks whether the file at `there` has the same content and attributes already. */
  | (CopyFrom & { readonly kind: 'compare'; readonly folder: number; readonly name: Uint8Array })

interface CopyFrom {
  readonly root: number
  readonly path: Uint8Array
  readonly size: bigint
  readonly attributes: PlainAttributes
}

export type CopyOutput =
  | { readonly kind: 'copied' }
  | { readonly kind: 'same' }
  | { readonly kind: 'different' }
  /** `full`: there is no room for anything else either. */
  | { readonly kind: 'failed'; readonly reason: string; readonly full: boolean }

export type CopyPool = Pool<CopyInput, CopyOutput>
