import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runAttributes } from '../../attributes/attributes-run.js'
import { ACCESS_ACL, DEFAULT_ACL } from '../../attributes/posix-acl.js'
import type { DataEntry, MapNode } from '../../backupmap/backupmap-types.js'
import { PartWriter } from '../../backupmap/part-writer.js'
import { createExec } from '../../exec/execa-exec.js'
import { silentLog } from '../../log/silent-log.js'
import { DriftLog } from '../../namespace/drift-log.js'
import { openTestTree } from '../../namespace/testing/namespace-site.js'
import type { Tree } from '../../tree/tree-port.js'
import { parseFid } from '../../types/fid.js'
import { parsePath } from '../../types/path-bytes.js'
import { runAttributeLists } from '../attributes-lists-run.js'
import { type DataContext, runData } from '../data-run.js'
import { ListWriter } from '../list-writer.js'
import { prepareTransfer } from '../prepare-run.js'
import type { EntryParts } from '../transfer-source.js'
import type { TransferList } from '../transfer-types.js'

/** Takes the place of ssh: runs what the host would be asked to run, and writes it down. Not bash -c, which reads the login files where its input is a socket. */
const SSH = `#!/bin/bash
while [[ $1 == -* ]]; do [[ $1 == -F ]] && shift; shift; done
[[ $1 == the.source ]] || exit 99
shift
printf '%s\\n' "$*" >> "$(dirname "$0")/commands"
exec sh -c "$*"
`

/** A source folder and a target folder with everything that a transfer needs, and a real rsync between them. */
export interface TransferSite {
  readonly folder: string
  readonly source: string
  readonly target: string
  readonly context: DataContext
  readonly drift: DriftLog
  /** The entry of the map for a path of the source, as the source has it now. */
  node(path: string | Buffer): Promise<MapNode>
  data(path: string, changes?: Partial<DataEntry>): Promise<DataEntry>
  parts(entries: { readonly data?: readonly DataEntry[]; readonly attr?: readonly MapNode[] }): EntryParts
  /** All phases of a transfer. */
  transfer(sources: readonly EntryParts[]): ReturnType<typeof transferAll>
  close(): void
}

export function makeTransferSite(): TransferSite {
  const folder = mkdtempSync(join(tmpdir(), 'lustrebackup-transfer-'))
  const [source, target, bin, work] = ['source', 'target', 'bin', 'work'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ]
  for (const path of [source, target, bin, work]) mkdirSync(path)
  writeFileSync(join(bin, 'ssh'), SSH)
  chmodSync(join(bin, 'ssh'), 0o755)
  const [sourceTree, data] = [openTestTree(source), openTestTree(target)]
  const drift = DriftLog.open(join(folder, 'drift.ndjson'))
  const context: DataContext = {
    exec: createExec({ commandPath: `${bin}:/usr/local/bin:/usr/bin:/bin`, environment: process.env }),
    settings: { rsyncCommand: 'rsync', sshConfig: '', host: 'the.source', remoteFolder: source, localFolder: target },
    nprocs: 2,
    signal: new AbortController().signal,
    log: silentLog,
    sync: () => data.sync(),
    remount: async () => undefined,
    elapsedSeconds: () => performance.now() / 1000,
    progress: () => undefined,
    data,
    retryFolder: join(work, 'retry'),
    maxErrors: null,
    repairCount: 0,
    largefileSizeBytes: 2n ** 62n,
  }
  const node = (path: string | Buffer) => nodeAt(sourceTree, Buffer.from(path))
  let madeParts = 0
  return {
    folder,
    source,
    target,
    context,
    drift,
    node,
    data: async (path, changes = {}) => ({ ...(await node(path)), created: true, links: [], ...changes }),
    parts(entries) {
      madeParts += 1
      const partFolder = join(work, `parts-${madeParts}`)
      mkdirSync(partFolder)
      const writer = new PartWriter(partFolder, 'w0')
      for (const entry of entries.data ?? []) writer.write('data', entry)
      for (const entry of entries.attr ?? []) writer.write('attr', entry)
      return { folder: partFolder, parts: writer.finish() }
    },
    transfer: (sources) => transferAll(sources, context, drift, join(work, 'lists')),
    close() {
      sourceTree.close()
      data.close()
      drift.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function transferAll(sources: readonly EntryParts[], context: DataContext, drift: DriftLog, folder: string) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  const lists = await prepareTransfer(sources, { ...context, drift, folder })
  const data = await runData(sources, lists.data, context)
  const attributes = await runAttributeLists(sources, lists.attributes, lists.root ? rootList(folder) : null, context)
  const checked = await runAttributes(sources, { ...context, owed: [...data.owed, ...attributes.owed], drifts: drift.drifts })
  return { lists, data, attributes, checked }
}

function rootList(folder: string): TransferList {
  const writer = new ListWriter(folder, 'root', { openLists: 1, maxPaths: 1, maxBytes: 1n })
  writer.add([Buffer.alloc(0)], 0n)
  return writer.finish()[0]!
}

async function nodeAt(tree: Tree, path: Buffer): Promise<MapNode> {
  const [stat] = await tree.lstat([path])
  if (!stat) throw new Error(`${path} is not on the source`)
  const [xattrs] = await tree.getXattrs([path], [ACCESS_ACL, DEFAULT_ACL])
  return {
    fid: parseFid(`[0x200000402:0x${stat.ino.toString(16)}:0x0]`)!,
    path: parsePath(path)!,
    type: stat.type,
    mode: stat.mode,
    uid: stat.uid,
    gid: stat.gid,
    size: stat.type === 'f' ? stat.size : 0n,
    mtimeNs: stat.mtimeNs,
    nlink: stat.nlink,
    rdev: stat.rdev,
    acl: xattrs![0]!,
    defaultAcl: xattrs![1]!,
    released: false,
  }
}
