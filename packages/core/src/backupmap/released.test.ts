import type { StatColumns } from '@lustrebackup/lustreapi/binding'
import { packPaths, unpackPath } from '@lustrebackup/lustreapi/path-list'
import { describe, expect, it } from 'vitest'
import type { LustreTree } from '../lustre/lustre-port.js'
import { archiveVersionOf } from './parse-hsm-xattr.js'
import { findReleased, readVersions } from './released.js'

const FILE = 0o100644
const ENOENT = 2
const EIO = 5
const ENOTTY = 25
const ENODATA = 61
const RELEASED_ARCHIVED = 0xd
const ARCHIVED = 0x9

interface Entry {
  readonly mode?: number
  readonly size?: bigint
  readonly blocks?: bigint
  readonly statErrno?: number
  readonly hsm?: { readonly errno: number; readonly states: number }
  readonly version?: bigint
  readonly archived?: bigint
}

/** A tree of some files, which writes down what it was asked for. */
function treeOf(entries: Readonly<Record<string, Entry>>) {
  const asked: string[] = []
  const names = Object.keys(entries)
  const pick = (what: string, list: Parameters<LustreTree['lstat']>[0]) =>
    Array.from({ length: list.ends.length }, (_, index) => {
      const name = Buffer.from(unpackPath(list, index)).toString()
      asked.push(`${what} ${name}`)
      return entries[name]!
    })
  const tree = {
    hsmStates: async (list) => {
      const found = pick('hsm', list).map(({ hsm }) => hsm ?? { errno: 0, states: 0 })
      return {
        errno: Int32Array.from(found, ({ errno }) => errno),
        states: Uint32Array.from(found, ({ states }) => states),
        archiveIds: new Uint32Array(found.length),
      }
    },
    dataVersions: async (list) => {
      const found = pick('version', list).map(({ version }) => version ?? null)
      return {
        errno: Int32Array.from(found, (version) => (version === null ? EIO : 0)),
        versions: BigUint64Array.from(found, (v) => v ?? 0n),
      }
    },
    xattrs: async (list) => {
      const found = pick('xattr', list).map(({ archived }) => archived ?? null)
      return {
        errno: Int32Array.from(found, (version) => (version === null ? ENODATA : 0)),
        values: packPaths(found.map((version) => (version === null ? Buffer.alloc(0) : hsmAttrs(version)))),
      }
    },
  } as Pick<LustreTree, 'hsmStates' | 'dataVersions' | 'xattrs'> as LustreTree
  const values = Object.values(entries)
  const stats = {
    errno: Int32Array.from(values, ({ statErrno }) => statErrno ?? 0),
    mode: Uint32Array.from(values, ({ mode }) => mode ?? FILE),
    size: BigInt64Array.from(values, ({ size }) => size ?? 10n),
    blocks: BigInt64Array.from(values, ({ blocks }) => blocks ?? 0n),
  } as Pick<StatColumns, 'errno' | 'mode' | 'size' | 'blocks'> as StatColumns
  return { tree, stats, paths: packPaths(names.map((name) => Buffer.from(name))), asked }
}

function hsmAttrs(version: bigint): Buffer {
  const value = Buffer.alloc(24)
  value.writeUInt32LE(RELEASED_ARCHIVED, 4)
  value.writeBigUInt64LE(1n, 8)
  value.writeBigUInt64LE(version, 16)
  return value
}

describe('released files', () => {
  it('are looked for among files that show next to no blocks, and nowhere else', async () => {
    const { tree, stats, paths, asked } = treeOf({
      released: { blocks: 1n, hsm: { errno: 0, states: RELEASED_ARCHIVED } },
      archived: { hsm: { errno: 0, states: ARCHIVED } },
      holes: {},
      'almost a block': { blocks: 7n },
      blocks: { blocks: 8n },
      empty: { size: 0n },
      directory: { mode: 0o40755 },
      symlink: { mode: 0o120777 },
      gone: { statErrno: ENOENT },
    })
    expect([...(await findReleased(tree, stats, paths))]).toEqual([[0, true]])
    expect(asked).toEqual(['hsm released', 'hsm archived', 'hsm holes', 'hsm almost a block'])
  })

  it('of which nothing can be said are failures, but for servers without HSM', async () => {
    const { tree, stats, paths } = treeOf({ bad: { hsm: { errno: EIO, states: 0 } }, without: { hsm: { errno: ENOTTY, states: 0 } } })
    const found = await findReleased(tree, stats, paths)
    expect([...found].map(([row, value]) => `${row} ${value}`)).toEqual(['0 reading the HSM state: EIO'])
  })

  it('have the data version that was archived, never that of a file without objects', async () => {
    const { tree, paths, asked } = treeOf({
      there: { version: 7n },
      released: { version: 0n, archived: 7n },
      unknown: { version: 0n },
      unreadable: {},
      nothing: { version: 0n, archived: 0n },
    })
    const isReleased = (row: number) => ![0, 3].includes(row)
    expect(await readVersions(tree, paths, isReleased)).toEqual([7n, 7n, null, null, null])
    expect(asked.toSorted()).toEqual(['version there', 'version unreadable', 'xattr nothing', 'xattr released', 'xattr unknown'])
  })

  it('of another form of the xattr have none', () => {
    expect(archiveVersionOf(hsmAttrs(2n ** 63n + 1n))).toBe(2n ** 63n + 1n)
    expect(archiveVersionOf(hsmAttrs(9n).subarray(1))).toBeNull()
    expect(archiveVersionOf(Buffer.alloc(0))).toBeNull()
  })
})
