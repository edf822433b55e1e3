import { createHash } from 'node:crypto'
import { readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import type { Fid } from '@lustrebackup/core/types/fid'
import { afterEach, describe, expect, it } from 'vitest'
import { SourceSite, type SourceSiteOptions } from './source-site.js'

let site: SourceSite

function open(options: SourceSiteOptions = {}): SourceSite {
  site = new SourceSite({ stateOutside: true, ...options })
  return site
}

afterEach(() => site.close())

const linesOf = async (owed: readonly Fid[] = []) => (await site.backup(owed)).lines

describe('the recheck set', () => {
  it('finds data that reached the servers after the snapshot, without any record', async () => {
    const { fs } = open()
    fs.writeFile('a', 'old')
    await site.backup()
    fs.overwrite('a', 0, 'new', { unflushed: true })
    expect(await linesOf()).toEqual(['attr a 644', 'recheck a'])
    fs.sync()
    expect(await linesOf()).toEqual(['data f a 3', 'recheck a'])
    expect(await linesOf()).toEqual([])
  })

  it('that was damaged on disk leads to no incremental map', async () => {
    const { fs } = open()
    fs.writeFile('a', '1')
    await site.backup()
    fs.writeFile('a', '2')
    const { header } = await site.backup()
    const part = header.parts.find(({ kind }) => kind === 'recheck')!
    truncateSync(join(site.layout.backupmap(header.snapshot.timestamp), part.file), 0)
    site.snapshot()
    await expect(site.map()).rejects.toThrow('the map of the last backup')
  })

  it('after a full map, holds what was young', async () => {
    const { fs } = open()
    fs.writeFile('old', '1')
    site.advance(4000)
    fs.writeFile('young', '1')
    const timestamp = site.context.nowSeconds()
    fs.snapshot(`src-backup-${timestamp}`)
    await site.map()
    const { lines } = await site.show(timestamp)
    expect(lines.filter((line) => line.startsWith('recheck'))).toContain('recheck young')
    expect(lines).not.toContain('recheck old')
  })
})

describe('open writers', () => {
  it('are looked at in every interval until they close', async () => {
    const { fs } = open()
    fs.writeFile('log', 'a')
    await site.backup()
    const handle = fs.open('log', { write: true })
    fs.write(handle, 0, 'b')
    expect(await linesOf()).toEqual(['data f log 1', 'opener log x1', 'recheck log'])
    fs.write(handle, 0, 'c')
    expect(await linesOf()).toEqual(['data f log 1', 'opener log x1', 'recheck log'])
    expect(await linesOf()).toEqual(['opener log x1', 'recheck log'])
    fs.close(handle)
    expect(await linesOf()).toEqual(['recheck log'])
    expect(await linesOf()).toEqual([])
  })

  it('are known from before the first backup', async () => {
    const { fs } = open()
    const handle = fs.open('log', { write: true, create: true })
    fs.write(handle, 0, 'b')
    await site.backup()
    fs.write(handle, 0, 'c')
    expect(await linesOf()).toEqual(['data f log 1', 'opener log x1', 'recheck log'])
    fs.close(handle)
  })

  it('are forgotten when the file is gone', async () => {
    const { fs } = open()
    fs.writeFile('log', 'a')
    await site.backup()
    const handle = fs.open('log', { write: true })
    fs.unlink('log')
    expect(await linesOf()).toEqual(['attr  755', 'remove f log'])
    fs.close(handle)
  })
})

describe('the owed set', () => {
  it('is sent whatever the snapshots say, once', async () => {
    const { fs } = open()
    fs.writeFile('a', '1')
    fs.link('a', 'b')
    await site.backup([fs.fidOf('a') as Fid])
    expect(await linesOf()).toEqual(['data f a 1', 'link b to a'])
    expect(await linesOf()).toEqual([])
  })

  it('of a directory is everything below it', async () => {
    const { fs } = open()
    fs.mkdir('d')
    fs.mkdir('d/e')
    fs.writeFile('d/e/f', '1')
    fs.writeFile('g', '1')
    await site.backup([fs.fidOf('d') as Fid])
    expect(await linesOf()).toEqual(['attr d 755', 'attr d/e 755', 'data f d/e/f 1', 'mkdir d', 'mkdir d/e'])
  })
})

describe('many hard links', () => {
  it('are found by the names in the log where fid2path does not know them', async () => {
    const { fs } = open()
    const name = (index: number) => `${'x'.repeat(100)}${String(index).padStart(3, '0')}`
    fs.writeFile(name(0), '1')
    for (let index = 1; index < 100; index += 1) fs.link(name(0), name(index))
    await site.backup()
    fs.link(name(0), 'fresh')
    fs.unlink(name(99))
    fs.rename(name(98), 'moved')
    const { lines, header } = await site.backup()
    const anchor = lines.find((line) => line.startsWith('attr x'))!.split(' ')[1]!
    expect(lines).toEqual(
      [
        'attr  755',
        `attr ${anchor} 644`,
        `link fresh to ${anchor}`,
        `link moved to ${anchor}`,
        `remove f ${name(98)}`,
        `remove f ${name(99)}`,
      ].toSorted(),
    )
    expect(header.tree.entryCount).toBe(100)
  })

  it('are those that lead to the file, not every name that the log has for it', async () => {
    const { fs } = open()
    const name = (index: number) => `${'x'.repeat(100)}${String(index).padStart(3, '0')}`
    fs.writeFile(name(0), '1')
    for (let index = 1; index < 100; index += 1) fs.link(name(0), name(index))
    await site.backup()
    fs.unlink(name(99))
    fs.writeFile(name(99), 'other')
    const { lines } = await site.backup()
    expect(lines).toContain(`remove f ${name(99)}`)
    expect(lines).toContain(`data f ${name(99)} new 5`)
  })
})

describe('lookups that fail', () => {
  it('make no map, and name what failed', async () => {
    const { fs, sim } = open()
    fs.writeFile('a', '1')
    await site.backup()
    fs.chmod('a', 0o600)
    const timestamp = site.snapshot()
    sim.setFaults({ fid2path_errors: { [fs.fidOf('a')]: 5 } })
    await expect(site.map()).rejects.toThrow(`1 inodes could not be looked up: ${fs.fidOf('a')} (fid2path: EIO)`)
    sim.setFaults({})
    expect(await site.map()).toMatchObject({ kind: 'made' })
    expect((await site.show(timestamp)).lines).toEqual(['attr a 600'])
  })
})

describe('the header', () => {
  it('has the account of every MDT, and digests of the parts as they are on disk', async () => {
    const { fs } = open({ mdts: 2 })
    fs.mkdir('m0', { mdt: 0 })
    fs.mkdir('m1', { mdt: 1 })
    const first = await site.backup()
    fs.writeFile('m0/a', '1')
    fs.writeFile('m1/b', '1')
    const { header } = await site.backup()
    header.mdts.forEach(({ mdt, startRecno, endRecno, recordCount }, index) => {
      expect(startRecno).toBe(first.header.mdts[index]!.endRecno + 1n)
      expect(recordCount).toBe(3n)
      expect({ mdt, endRecno }).toEqual({ mdt: `MDT000${index}`, endRecno: startRecno + 2n })
    })
    for (const { file, digest, sizeBytes } of header.parts) {
      const bytes = readFileSync(join(site.layout.backupmap(header.snapshot.timestamp), file))
      expect({ sizeBytes, digest }).toEqual({ sizeBytes: bytes.length, digest: createHash('sha256').update(bytes).digest('hex') })
    }
  })
})
