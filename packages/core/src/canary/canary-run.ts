import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { packPaths } from '@lustrebackup/lustreapi/path-list'
import { LustrebackupError } from '../errors/errors.js'
import type { Lustre, LustreTree } from '../lustre/lustre-port.js'
import { type Fid, fidAt } from '../types/fid.js'
import { changeFolder, fillFolder, removeFolder } from './canary-entries.js'
import { type CanaryGeneration, type CanaryStep, planCanary, recordsOf } from './canary-plan.js'
import type { Canary, CanaryMdt, ExpectedRecord } from './canary-types.js'

export interface CanaryRequest {
  readonly mdts: readonly string[]
  /** Mount point of the live file system. */
  readonly dataMount: string
  /** Where the entries are made: a folder of the live file system that exists. */
  readonly folder: string
  /** Last record of each MDT's log before the canary, where it is known. */
  readonly lastRecnos: ReadonlyMap<string, bigint>
  readonly nowSeconds: number
}

export interface CanaryPorts {
  readonly lustre: Lustre
  readonly signal: AbortSignal
  /** Makes a folder of the live file system on one of its MDTs. */
  makeFolder(mdtIndex: number, path: string): Promise<void>
}

/** Makes, writes, renames, changes and removes entries on every MDT. Gives the records that the logs must show of it. */
export async function runCanary(request: CanaryRequest, ports: CanaryPorts): Promise<Canary> {
  const place = relative(request.dataMount, request.folder)
  if (place === '' || place.startsWith('..')) {
    throw new LustrebackupError('CANARY_OUTSIDE', `${request.folder} is not on the file system mounted at ${request.dataMount}`, {
      hint: 'put [LUSTRE] meta_basepath beneath data_mount: only there can the changelogs be tested',
    })
  }
  const generations = listGenerations(request.folder)
  const tree = ports.lustre.openTree(request.dataMount)
  try {
    const mdts: CanaryMdt[] = []
    for (const mdt of request.mdts) {
      const expected: ExpectedRecord[] = []
      for (const step of planCanary(mdt, generations)) {
        ports.signal.throwIfAborted()
        expected.push(...(await runStep(step, mdt, { tree, place, folder: request.folder }, ports)))
      }
      const last = request.lastRecnos.get(mdt)
      mdts.push({ mdt, fromRecno: last === undefined ? null : last + 1n, expected })
    }
    return { madeAt: request.nowSeconds, mdts }
  } finally {
    tree.close()
  }
}

interface CanarySite {
  readonly tree: LustreTree
  /** `folder` relative to the mount point. */
  readonly place: string
  readonly folder: string
}

/** FIDs are looked up where the entries are: after they were made, before they are changed or removed. */
async function runStep(step: CanaryStep, mdt: string, site: CanarySite, { makeFolder }: CanaryPorts): Promise<ExpectedRecord[]> {
  const folder = join(site.folder, step.folder)
  switch (step.kind) {
    case 'make':
      await makeFolder(Number.parseInt(mdt.slice('MDT'.length), 16), folder)
      return await expectedOf(step, site)
    case 'fill':
      fillFolder(folder)
      return await expectedOf(step, site)
    case 'change': {
      const expected = await expectedOf(step, site)
      changeFolder(folder)
      return expected
    }
    case 'remove': {
      const expected = await expectedOf(step, site)
      removeFolder(folder)
      return expected
    }
  }
}

async function expectedOf(step: CanaryStep, { tree, place }: CanarySite): Promise<ExpectedRecord[]> {
  const records = recordsOf(step)
  const paths = packPaths(records.map(({ path }) => Buffer.from(join(place, path))))
  const { errno, fids } = await tree.path2fid(paths)
  return records.map(({ type, path }, index): ExpectedRecord => {
    if (errno[index] !== 0) {
      throw new LustrebackupError('CANARY_FAILED', `looking up the FID of ${join(tree.mountPoint, place, path)}: errno ${errno[index]}`)
    }
    const fid: Fid = fidAt(fids, index)
    return { type, fid, path }
  })
}

function listGenerations(folder: string): CanaryGeneration[] {
  const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders.map(({ name }) => ({ folder: name, names: readdirSync(join(folder, name)) }))
}
